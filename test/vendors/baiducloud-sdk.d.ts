/** Declares what the tests use of the SDK, because the SDK's own types contain only the constructor. */
declare module '@baiducloud/sdk' {
  export class BccClient {
    constructor(config: { endpoint: string; credentials: { ak: string; sk: string } });
    /**
     * Signs a request with the SDK's `Auth`, and sends it with its `HttpClient`. Rejects with the body of an
     * error.
     */
    sendRequest(
      method: string,
      path: string,
      options?: { params?: Readonly<Record<string, string>>; body?: string },
    ): Promise<{
      readonly http_headers: Readonly<Record<string, string>>;
      // biome-ignore lint/suspicious/noExplicitAny: each test knows the fields of its answers
      readonly body: any;
    }>;
  }
}
