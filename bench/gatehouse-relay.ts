/** Gatehouse in the relay benchmark: as delivered, with SPF, DKIM, DMARC and ARC, encryption at rest and its own database. */
import { startGateway } from '#test/support/gateway.ts';
import { RECIPIENT_DOMAIN } from './mix.ts';
import type { RelayPeer } from './relay-peers.ts';

export const GATEHOUSE: RelayPeer = {
  name: 'gatehouse',
  title: 'Gatehouse, SPF + DKIM + DMARC + ARC, encrypted, database',
  needs: [],
  verifies: true,
  start: async ({ dns, sinkPort, account }) => {
    const gateway = await startGateway({
      hostname: 'relay.example',
      listeners: ['mx'],
      // One client sends everything here, which the limits per client are there to prevent.
      listenerFields: { limitExempt: ['0.0.0.0/0'] },
      dns: { servers: [dns.address] },
      ...(account.procsFile === undefined ? {} : { cgroupProcs: account.procsFile }),
    });
    try {
      await gateway.does('domain', 'add', RECIPIENT_DOMAIN, '--next-hop', `127.0.0.1:${sinkPort}`, '--tls', 'none',
        '--recipients', 'any'); // prettier-ignore
    } catch (error) {
      await gateway[Symbol.asyncDispose]();
      throw error;
    }
    return {
      port: gateway.ports.mx,
      [Symbol.asyncDispose]: async () => {
        await gateway.verify();
        await gateway[Symbol.asyncDispose]();
      },
    };
  },
};
