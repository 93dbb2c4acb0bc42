// What can go wrong. None of these holds the API key.

import type { Problem, ProblemType } from './types.js';

/** Anything that this library throws by itself. */
export class TidingsError extends Error {
  override name = 'TidingsError';
}

/** The server answered that it will not, or cannot. */
export class ProblemError extends TidingsError {
  override name = 'ProblemError';
  /** The status of the answer. */
  readonly status: number;
  /** What sort of thing went wrong; `about:blank` when the answer is not one of Tidings, but of something in between. */
  readonly type: ProblemType | 'about:blank' | (string & {});
  readonly title: string;
  /** What went wrong this time. */
  readonly detail: string;
  /** What to do. */
  readonly hint: string;
  /** A JSON pointer into the body, or the name of a parameter. */
  readonly field: string | undefined;
  /** Where it is explained: a path of the server. */
  readonly help: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, problem: Partial<Problem>, retryAfterSeconds?: number) {
    const title = problem.title ?? `The answer has the status ${status}`;
    super(`${title}${problem.detail ? `: ${problem.detail}` : ''} (${status})`);
    this.status = status;
    this.type = problem.type ?? 'about:blank';
    this.title = title;
    this.detail = problem.detail ?? '';
    this.hint = problem.hint ?? '';
    this.field = problem.field ?? undefined;
    this.help = problem.help ?? undefined;
    this.retryAfterSeconds = retryAfterSeconds ?? problem.retry_after_seconds ?? undefined;
  }

  /** Reads the problem of an answer, which may be that of a proxy. */
  static of(status: number, headers: Headers, body: string): ProblemError {
    return new ProblemError(status, problemOf(headers, body), secondsOf(headers.get('retry-after')));
  }
}

/** The server could not be reached, or the connection broke: whether the request was executed is not known. */
export class ConnectionError extends TidingsError {
  override name = 'ConnectionError';
}

/** There was no answer in time: whether the request was executed is not known. */
export class TimeoutError extends TidingsError {
  override name = 'TimeoutError';
}

/** A message is not of whom it says it is, or it is too old. */
export class WebhookVerificationError extends TidingsError {
  override name = 'WebhookVerificationError';
}

function problemOf(headers: Headers, body: string): Partial<Problem> {
  if (!headers.get('content-type')?.startsWith('application/problem+json')) return {};
  try {
    const problem: unknown = JSON.parse(body);
    return typeof problem === 'object' && problem !== null ? problem : {};
  } catch {
    return {};
  }
}

/** `Retry-After`, which is a number of seconds or a date. */
function secondsOf(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}
