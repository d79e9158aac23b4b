/** The part of autocannon that the benchmark uses; the package has no types. */
declare module "autocannon" {
  interface GeneratedRequest {
    path: string;
    headers: Record<string, string>;
  }
  interface Options {
    readonly url: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
    readonly requests: readonly {
      readonly method: string;
      readonly body?: string;
      readonly setupRequest: (request: GeneratedRequest) => GeneratedRequest;
    }[];
  }
  interface Result {
    readonly "2xx": number;
    readonly non2xx: number;
    readonly errors: number;
    /** Seconds. */
    readonly duration: number;
    /** Milliseconds. */
    readonly latency: { readonly p50: number; readonly p99: number };
  }
  export default function autocannon(options: Options): Promise<Result>;
}
