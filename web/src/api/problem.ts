/** What went wrong with a request, as a code that the client has words for. */

/** The server answered no request at all: cable, proxy, restart. */
export const UNREACHABLE = 'unreachable';

export class Problem extends Error {
  override name = 'Problem';

  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
    /** Under which the server noted a fault of its own, for its operator. */
    readonly id: string | null = null,
  ) {
    super(message);
  }

  /** True where the server is there and broke on this very request. */
  get serverFailed(): boolean {
    return this.status === 500;
  }

  /** True where asking again, unchanged, may well succeed. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Reads the server's error body, and makes do where a proxy answered in its place. */
export function problemFrom(body: unknown, status: number): Problem {
  const error = (body as { error?: { code?: unknown; message?: unknown; error_id?: unknown } } | undefined)
    ?.error;
  const code = typeof error?.code === 'string' ? error.code : `http_${status}`;
  const message = typeof error?.message === 'string' ? error.message : `HTTP ${status}`;
  const id = typeof error?.error_id === 'string' ? error.error_id : null;
  return new Problem(code, status, message, id);
}

/** Any thrown value as a Problem; `fetch` throws a TypeError when nobody answers. */
export function asProblem(cause: unknown): Problem {
  if (cause instanceof Problem) return cause;
  return new Problem(UNREACHABLE, 0, cause instanceof Error ? cause.message : String(cause));
}
