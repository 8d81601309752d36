/** What the tests use of it: its own types know the constructor only. */
declare module '@baiducloud/sdk' {
  export class BccClient {
    constructor(config: { endpoint: string; credentials: { ak: string; sk: string } });
    /**
     * Signs with the SDK's `Auth`, sends with its `HttpClient`; rejects with what the error's answer says.
     */
    sendRequest(
      method: string,
      path: string,
      options?: { params?: Readonly<Record<string, string>>; body?: string },
    ): Promise<{
      readonly http_headers: Readonly<Record<string, string>>;
      // biome-ignore lint/suspicious/noExplicitAny: an answer, as the tests know it
      readonly body: any;
    }>;
  }
}
