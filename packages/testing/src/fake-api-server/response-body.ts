import type { ServerResponse } from 'node:http';
import type { FakeAnswer } from './fake-fault.ts';

/** Where an answer's body goes. */
export interface ResponseBody {
  write(text: string): void;
  end(): void;
  /** Breaks the connection. */
  cut(): void;
}

/** Answers 200 and returns where the body goes; `fault` may spoil it on the way. */
export function beginBody(response: ServerResponse, fault: FakeAnswer | undefined): ResponseBody {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const body: ResponseBody = {
    write: (text) => void response.write(text),
    end: () => void response.end(),
    cut: () => void response.destroy(),
  };
  if (fault !== undefined && 'cutAfterBytes' in fault)
    return limited(body, fault.cutAfterBytes, response, true);
  if (fault !== undefined && 'silentAfterBytes' in fault)
    return limited(body, fault.silentAfterBytes, response, false);
  if (fault !== undefined && 'slow' in fault) return slow(body, fault.slow, response);
  return body;
}

function limited(body: ResponseBody, bytes: number, response: ServerResponse, cut: boolean): ResponseBody {
  let left = bytes;
  return {
    write(text) {
      const part = Buffer.from(text).subarray(0, left);
      if (left === 0 && !cut) return;
      left -= part.length;
      // What was written has to have left before the connection breaks, or the client would never get it.
      response.write(part, () => {
        if (left === 0 && cut) response.destroy();
      });
    },
    end: () => (cut ? body.cut() : undefined),
    cut: body.cut,
  };
}

function slow(
  body: ResponseBody,
  { bytes, everyMs }: { readonly bytes: number; readonly everyMs: number },
  response: ServerResponse,
): ResponseBody {
  const waiting: Buffer[] = [];
  let ending = false;
  const timer = setInterval(() => {
    const [first] = waiting;
    if (first !== undefined) {
      response.write(first.subarray(0, bytes));
      if (first.length > bytes) waiting[0] = first.subarray(bytes);
      else waiting.shift();
    } else if (ending) {
      clearInterval(timer);
      body.end();
    }
  }, everyMs);
  response.on('close', () => clearInterval(timer));
  return {
    write: (text) => void waiting.push(Buffer.from(text)),
    end() {
      ending = true;
    },
    cut: body.cut,
  };
}
