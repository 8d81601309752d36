import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { JobView } from '../../src/job-service/index.ts';
import { until } from './until.ts';

/** A client that listens to the events of a job. */
export interface Listener {
  readonly response: IncomingMessage;
  /** Returns everything that has arrived so far. */
  text(): string;
  /** Returns the events that have arrived so far. */
  events(): { readonly id: string; readonly job: JobView }[];
  /** Waits for an event whose job meets the condition, and returns the event. */
  untilShown(condition: (job: JobView) => boolean): Promise<{ readonly id: string; readonly job: JobView }>;
  /** Waits for the end of the stream. Returns false if the stream was cut off. */
  ended(): Promise<boolean>;
  hangUp(): void;
}

/** Listens on a new connection. Waits for the head of the answer. */
export async function listen(
  url: string,
  token: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Listener> {
  const asked: ClientRequest = request(url, { headers: { 'x-auth-token': token, ...headers }, agent: false });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  response.on('error', () => {});
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  const events = () => eventsIn(text);
  return {
    response,
    text: () => text,
    events,
    untilShown: (condition) => until(() => events().findLast(({ job }) => condition(job))),
    ended: async () => {
      await closed;
      return response.complete;
    },
    hangUp: () => asked.destroy(),
  };
}

/** Returns the complete events of a stream. */
export function eventsIn(text: string): { readonly id: string; readonly job: JobView }[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((block) => {
      const [, id, data] = /^id: (.+)\ndata: (.+)$/.exec(block) ?? [];
      return id === undefined || data === undefined ? [] : [{ id, job: JSON.parse(data) as JobView }];
    });
}
