import { createHash, createHmac } from 'node:crypto';
import type { Call } from './http.ts';

export interface Key {
  readonly access: string;
  readonly secret: string;
}

const hmac = (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex');

/**
 * Signs a call as Baidu's SDKs do, but signs only the host header. The path and the query MUST NOT contain
 * anything that needs encoding.
 */
export function bceSigned(url: string, call: Call, { access, secret }: Key, at = new Date()): Call {
  const { host, pathname, searchParams } = new URL(url);
  const time = `${at.toISOString().slice(0, 19)}Z`;
  const prefix = `bce-auth-v1/${access}/${time}/1800`;
  const query = [...searchParams].map(([name, value]) => `${name}=${value}`).sort();
  const hostLine = `host:${encodeURIComponent(host)}`;
  const canonical = [call.method ?? 'GET', pathname, query.join('&'), hostLine].join('\n');
  const signature = hmac(hmac(secret, prefix), canonical);
  return { ...call, headers: { ...call.headers, authorization: `${prefix}/host/${signature}` } };
}

/** Signs a call as Huawei's SDKs do. The path and the query MUST NOT contain anything that needs encoding. */
export function huaweiSigned(url: string, call: Call, { access, secret }: Key, at = new Date()): Call {
  const { host, pathname, searchParams } = new URL(url);
  const date = `${at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const body = typeof call.body === 'string' ? call.body : JSON.stringify(call.body ?? null);
  const hash = createHash('sha256')
    .update(call.body === undefined ? '' : body)
    .digest('hex');
  const query = [...searchParams].map(([name, value]) => `${name}=${value}`).sort();
  const headers = [`host:${host}`, `x-sdk-date:${date}`, ''].join('\n');
  const names = 'host;x-sdk-date';
  const canonical = [call.method ?? 'GET', `${pathname}/`, query.join('&'), headers, names, hash].join('\n');
  const hashed = createHash('sha256').update(canonical).digest('hex');
  const signature = hmac(secret, ['SDK-HMAC-SHA256', date, hashed].join('\n'));
  const authorization = `SDK-HMAC-SHA256 Access=${access}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...call, headers: { ...call.headers, 'x-sdk-date': date, authorization } };
}
