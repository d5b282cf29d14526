/** Mail that one of our servers sends out through a running gateway, and what the gateway then says became of it. */
import type { Gateway } from './gateway.ts';
import { smtpClient, type Reply } from './smtp-client.ts';
import { until } from './until.ts';
import { BOB, idIn, letter } from './world.ts';

export type Outgoing = {
  readonly to: string;
  readonly subject: string;
  readonly from?: string;
  /** What follows `MAIL FROM:<…>`, with its space. */
  readonly mailArgs?: string;
  readonly startTls?: boolean;
};

/** The reply that ended it: of the end of DATA, or the first that refused. */
export async function offerOut(gateway: Gateway, o: Outgoing): Promise<Reply> {
  using client = await smtpClient(gateway.ports.relay);
  await client.command('EHLO app.here.example');
  if (o.startTls === true) {
    await client.startTls();
    await client.command('EHLO app.here.example');
  }
  for (const line of [`MAIL FROM:<${o.from ?? BOB}>${o.mailArgs ?? ''}`, `RCPT TO:<${o.to}>`]) {
    const reply = await client.command(line);
    if (reply.code !== 250) return reply;
  }
  await client.command('DATA');
  client.send(`${letter({ subject: o.subject, from: BOB, to: `<${o.to}>` })}.\r\n`);
  return await client.reply();
}

/** Sends as soon as the gateway has heard that this network may; the id of the message. */
export async function sendOut(gateway: Gateway, o: Outgoing): Promise<string> {
  const taken = await until('the relay to take it', async () => {
    const reply = await offerOut(gateway, o);
    return reply.code === 250 ? reply : undefined;
  });
  return idIn(taken.text);
}

/** `gatehouse explain`, as soon as these words are in it. */
export function storyOf(gateway: Gateway, id: string, words: RegExp): Promise<string> {
  return until(`${words} in the story of ${id}`, async () => {
    const text = await gateway.does('explain', id);
    return words.test(text) ? text : undefined;
  });
}
