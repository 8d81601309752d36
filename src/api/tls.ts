import { readFile } from 'node:fs/promises';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { FastifyBaseLogger } from 'fastify';
import type { TlsFiles } from '../config/index.ts';
import { JobError } from '../job-service/index.ts';
import { errorText } from '../text/index.ts';

/** A certificate, followed by its intermediate certificates, and its key; both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** The time between two looks at the files; milliseconds. Not every file system can be watched. */
const INTERVAL = 2000;

/**
 * Reads a certificate and its key.
 * @throws JobError `invalid`, which names the files, if they cannot be read or do not belong together
 */
export async function readCertificate({ cert, key }: TlsFiles): Promise<Certificate> {
  try {
    const certificate = { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
    createSecureContext(certificate);
    return certificate;
  } catch (cause) {
    const message = `api.tls: ${cert} and ${key} cannot be used: ${errorText(cause)}`;
    throw new JobError('invalid', message, { cause });
  }
}

/**
 * Gives the server the new certificate whenever the files have changed. Open connections keep the old one. A
 * new certificate that cannot be used is logged, and the server keeps the old one.
 * @returns a function that stops looking at the files
 */
export function followCertificate(
  server: Server,
  files: TlsFiles,
  first: Certificate,
  logger: FastifyBaseLogger,
): () => void {
  let used = first;
  let lastProblem = '';
  const reloadIfChanged = async () => {
    try {
      const found = await readCertificate(files);
      lastProblem = '';
      if (found.cert === used.cert && found.key === used.key) return;
      server.setSecureContext(found);
      used = found;
      logger.info({ cert: files.cert }, 'the certificate was read again');
    } catch (err) {
      const message = errorText(err);
      if (message !== lastProblem) logger.warn({ err }, 'the certificate cannot be read again');
      lastProblem = message;
    }
  };
  const timer = setInterval(() => void reloadIfChanged(), INTERVAL).unref();
  return () => clearInterval(timer);
}
