/** Plays a dialogue: against the session alone, without any socket, and against a real listener. */
import assert from 'node:assert/strict';
import { createConnection, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { newId } from '#core/id.ts';
import { Admission } from '#mail/receive/admission.ts';
import { listenerDefaults, type ListenerConfig } from '#mail/receive/config.ts';
import { type ClientLimits, createLimits } from '#mail/receive/limits.ts';
import type { TlsMaterial } from '#mail/receive/tls.ts';
import { replies, type Reply } from '#protocol/smtp/replies.ts';
import { createSession, type ServerSession } from '#protocol/smtp/server-session.ts';
import type { Question, SessionEvent } from '#protocol/smtp/session-types.ts';
import { startEdge, testDirectory } from '#test/support/edge.ts';
import { splitReplies, type Script, type Step } from './script.ts';

function listenerConfig(script: Script): ListenerConfig {
  const kind = (script.config['kind'] ?? 'mx') as ListenerConfig['kind'];
  const config = {
    ...listenerDefaults(kind),
    hostname: 'mx.ours.example',
    host: '127.0.0.1',
    port: 0,
    tarpitMs: 0,
  };
  return { ...config, ...(script.config as Partial<ListenerConfig>) };
}

function checkReply(where: string, step: Extract<Step, { kind: 'server' }>, reply: string | undefined): void {
  const wanted = step.prefix ?? String(step.pattern);
  assert.notEqual(reply, undefined, `${where}: no reply where "${wanted}" was expected`);
  const fits =
    step.pattern === undefined ? reply?.startsWith(step.prefix ?? '') : step.pattern.test(reply ?? '');
  assert.ok(fits, `${where}: expected "${wanted}", got "${reply ?? ''}"`);
}

function checkMessages(script: Script, messages: readonly string[]): void {
  assert.equal(messages.length, script.messages.length, `${script.name}: messages taken`);
  for (const [i, wanted] of script.messages.entries())
    assert.ok(
      messages[i]?.includes(wanted),
      `${script.name}: message ${i} is ${JSON.stringify(messages[i])}`,
    );
}

/** The session alone, its questions answered as the edge would answer them. */
class PureEdge {
  readonly #session: ServerSession;
  readonly #admission: Admission;
  readonly messages: string[] = [];
  out = '';
  isClosed = false;
  #body = '';

  constructor(script: Script, limits: ClientLimits) {
    const config = listenerConfig(script);
    this.#session = createSession(
      {
        ...config,
        maxMessages: config.maxMessagesPerConnection,
        tlsAvailable: config.tls !== 'off',
        tlsRequired: config.tls === 'required',
        authOffered: config.admit.includes('password'),
        authRequired: false,
      },
      { insideTls: false, xclientAllowed: config.xclientFrom.includes(script.client) },
    );
    const reputation = async () => ({ score: 0, findings: [] });
    this.#admission = new Admission({
      config,
      directory: testDirectory,
      limits,
      reputation,
      greylist: undefined,
    });
    this.#admission.recognise({ ip: script.client, clientCertSha256: undefined, clientCertTrusted: false });
  }

  start(): Promise<void> {
    return this.#run(this.#session.start());
  }

  feed(bytes: Uint8Array): Promise<void> {
    return this.#run(this.#session.feed(bytes));
  }

  startTls(): Promise<void> {
    return this.#run(this.#session.tlsStarted());
  }

  async #run(events: readonly SessionEvent[]): Promise<void> {
    const queue = [...events];
    for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
      if (event.kind === 'reply') this.out += event.text;
      else if (event.kind === 'body') this.#body += Buffer.from(event.chunk).toString('latin1');
      else if (event.kind === 'body-void') this.#body = '';
      else if (event.kind === 'close') this.isClosed = true;
      else if (event.kind === 'question')
        queue.push(...this.#session.answer(event.id, await this.#answer(event.question)));
    }
  }

  async #answer(question: Question): Promise<Reply> {
    switch (question.kind) {
      case 'connect':
      case 'xclient':
        return replies.greeting('mx.ours.example');
      case 'helo':
        return replies.done();
      case 'auth':
        return this.#admission.authenticate(question.credentials);
      case 'mail':
        return this.#admission.mail(newId(), question.mail);
      case 'rcpt':
        return this.#admission.recipient(question.mail, question.rcpt);
      case 'data-begin':
        return replies.startMail();
      case 'data-end':
        this.messages.push(this.#body);
        this.#body = '';
        return replies.accepted(newId());
      default:
        throw new Error('unknown question');
    }
  }
}

export async function playPure(script: Script): Promise<void> {
  const limits = await createLimits({ config: listenerConfig(script), clock: () => 0 }).admit(script.client);
  if (typeof limits === 'string') throw new Error(`${script.name}: ${limits}`);
  const edge = new PureEdge(script, limits);
  await edge.start();
  const pending: string[] = [];
  for (const [i, step] of script.steps.entries()) {
    const where = `${script.name} step ${i}`;
    const split = splitReplies(edge.out);
    pending.push(...split.replies);
    edge.out = split.rest;
    if (step.kind === 'client') await edge.feed(step.bytes);
    else if (step.kind === 'server') checkReply(where, step, pending.shift());
    else if (step.kind === 'tls') await edge.startTls();
    else assert.ok(edge.isClosed, `${where}: still open`);
  }
  assert.deepEqual(
    [...pending, ...splitReplies(edge.out).replies],
    [],
    `${script.name}: replies nobody expected`,
  );
  checkMessages(script, edge.messages);
}

/** A client on a real socket that says its pieces and collects replies. */
class SocketClient {
  #socket: Socket;
  #out = '';
  readonly #replies: string[] = [];
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(port: number, from: string) {
    this.#socket = createConnection({ port, host: '127.0.0.1', localAddress: from, noDelay: true });
    this.#attach(this.#socket);
  }

  #attach(socket: Socket): void {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      const split = splitReplies(this.#out + chunk.toString('latin1'));
      this.#out = split.rest;
      this.#replies.push(...split.replies);
      this.#wake();
    });
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
    socket.on('error', () => {}); // a server that closed while we talked; `close` follows
  }

  say(bytes: Uint8Array): Promise<void> {
    if (!this.#socket.writable) return Promise.resolve();
    this.#socket.write(bytes);
    return new Promise((resolve) => setImmediate(resolve));
  }

  async reply(): Promise<string | undefined> {
    await this.#until(() => this.#replies.length > 0 || this.#isClosed);
    return this.#replies.shift();
  }

  async closed(): Promise<boolean> {
    await this.#until(() => this.#isClosed);
    return this.#isClosed;
  }

  get unexpected(): readonly string[] {
    return this.#replies;
  }

  startTls(): Promise<void> {
    this.#socket.removeAllListeners();
    const socket = connectTls({ socket: this.#socket, rejectUnauthorized: false });
    this.#attach(socket);
    return new Promise((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #until(done: () => boolean): Promise<void> {
    const timer = setTimeout(() => this.#wake(), 5000);
    const endMs = Date.now() + 5000;
    while (!done() && Date.now() < endMs) await new Promise<void>((resolve) => (this.#wake = resolve));
    clearTimeout(timer);
  }
}

export async function playOverSocket(script: Script, tls: TlsMaterial | undefined): Promise<void> {
  await using edge = await startEdge({ tls, config: listenerConfig(script) });
  const client = new SocketClient(edge.port, script.client);
  try {
    for (const [i, step] of script.steps.entries()) {
      const where = `${script.name} step ${i}`;
      if (step.kind === 'client') await client.say(step.bytes);
      else if (step.kind === 'server') checkReply(where, step, await client.reply());
      else if (step.kind === 'tls') await client.startTls();
      else assert.ok(await client.closed(), `${where}: still open`);
    }
    assert.deepEqual(client.unexpected, [], `${script.name}: replies nobody expected`);
  } finally {
    client.destroy();
  }
  checkMessages(
    script,
    edge.taken.map((t) => t.content),
  );
}
