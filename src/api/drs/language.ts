import type { FastifyRequest } from 'fastify';

/** The messages that exist in both languages of the header `X-Language`. */
const TEXTS = {
  not_found: {
    'en-us': 'Job does not exist, please check job id.',
    'zh-cn': '任务不存在，请检查任务ID。',
  },
  wrong_state: {
    'en-us': 'The operation is not allowed in the current status of the job.',
    'zh-cn': '任务当前状态不允许执行该操作。',
  },
} as const;

export type TextName = keyof typeof TEXTS;

/** Returns a text in the language that the request asks for; English is the default. */
export function textFor({ headers }: FastifyRequest, text: TextName): string {
  const isChinese = String(headers['x-language'] ?? '').toLowerCase() === 'zh-cn';
  return TEXTS[text][isChinese ? 'zh-cn' : 'en-us'];
}
