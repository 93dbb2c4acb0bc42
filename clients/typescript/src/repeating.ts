// When to ask again, and after which pause. Nothing is repeated that might then happen twice.

import { ConnectionError, ProblemError, TimeoutError } from './errors.js';

/** What is known of a request besides how it failed. */
export interface Repeatable {
  /** Once or twice is the same: it only looks, it says how something is to be, or it has an idempotency key. */
  readonly harmless: boolean;
  /** Its body can be sent again. */
  readonly replayable: boolean;
}

/** Network errors by which a request has not left this machine. */
const NOT_SENT = new Set([
  'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT', 'ConnectionRefused',
]);

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 20_000;

/** Whether asking again can help, and can do no harm. */
export function mayRepeat(error: unknown, request: Repeatable): boolean {
  if (!request.replayable) return false;
  if (error instanceof TimeoutError) return request.harmless;
  if (error instanceof ConnectionError) return request.harmless || NOT_SENT.has(codeOf(error));
  return error instanceof ProblemError && answerInvites(error, request);
}

function answerInvites(problem: ProblemError, request: Repeatable): boolean {
  switch (problem.status) {
    case 429:
      return true;
    case 409:
      return problem.type === 'urn:tidings:problem:idempotency-in-flight';
    case 503:
      // Of what Tidings answers so, it has kept nothing. What something in between means by it, nobody knows.
      return request.harmless || problem.type.startsWith('urn:tidings:');
    case 502:
    case 504:
      return request.harmless && problem.type === 'about:blank';
    default:
      return false;
  }
}

/** The pause before the next attempt: random, so that many do not come back together, but never before they may. */
export function pauseMs(error: unknown, failures: number, firstMs = FIRST_PAUSE_MS): number {
  const longest = Math.min(LONGEST_PAUSE_MS, firstMs * 2 ** (failures - 1));
  const asked = error instanceof ProblemError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
  return asked + Math.random() * longest;
}

function codeOf(error: Error): string {
  const cause = error.cause as { code?: unknown; cause?: { code?: unknown } } | undefined;
  return String(cause?.cause?.code ?? cause?.code ?? '');
}
