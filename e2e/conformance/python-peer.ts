/** The Python `livekit` wheel as a peer: a process that takes one JSON command a line and answers one. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { within } from '../harness/waiting.ts';

export const PYTHON = process.env.E2E_PYTHON ?? join(import.meta.dirname, '..', '..', 'target/venv/bin/python');
const SCRIPT = join(import.meta.dirname, 'python', 'peer.py');
const CALL_TIMEOUT_MS = 40_000;

interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

export class PythonPeer {
  private calls = new Map<number, (answer: Answer) => void>();
  private lastId = 0;
  private complaints = '';

  private constructor(
    readonly identity: string,
    private readonly child: ChildProcessWithoutNullStreams,
  ) {
    createInterface({ input: child.stdout }).on('line', (line) => this.take(line));
    child.stderr.on('data', (chunk: Buffer) => (this.complaints = (this.complaints + chunk.toString()).slice(-2000)));
    child.once('exit', (code) => {
      for (const [id, done] of this.calls) done({ id, error: `the Python peer ended (${code}): ${this.complaints}` });
    });
  }

  static async start(identity: string): Promise<PythonPeer> {
    return new PythonPeer(identity, spawn(PYTHON, ['-u', SCRIPT]));
  }

  /** One command of `peer.py`; the answer is what its function returns. */
  async call<T>(command: string, args: Record<string, unknown> = {}): Promise<T> {
    this.lastId += 1;
    const id = this.lastId;
    const answered = new Promise<Answer>((resolve) => this.calls.set(id, resolve));
    this.child.stdin.write(`${JSON.stringify({ id, command, args })}\n`);
    const answer = await within(`python ${command}`, CALL_TIMEOUT_MS, answered);
    if (answer.error !== undefined) throw new Error(`python ${command}: ${answer.error}`);
    return answer.result as T;
  }

  async close(): Promise<void> {
    await this.call('leave').catch(() => undefined);
    this.kill();
  }

  /** Ends the process without a word to anybody. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  private take(line: string): void {
    if (!line.startsWith('{')) return;
    const answer = JSON.parse(line) as Answer;
    this.calls.get(answer.id)?.(answer);
    this.calls.delete(answer.id);
  }
}
