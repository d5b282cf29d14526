/** Checks a proof with the browser's own hashes and signatures: the same code as `gatehouse audit verify`, none of the server. */
import { fromUtf8 } from '#core/bytes.ts';
import { parsePolicy } from '#protocol/tlog/policy.ts';
import { checkProof } from '#protocol/tlog/tlog-proof.ts';
import { webSha256, webVerify } from '#protocol/tlog/web-crypto.ts';

export type Checked =
  | { readonly ok: true; readonly index: number; readonly size: number; readonly signers: readonly string[] }
  | { readonly ok: false; readonly reason: string };

export async function checkEntry(proof: string, entry: string, policyText: string): Promise<Checked> {
  const policy = await parsePolicy(webSha256, policyText);
  if (!policy.ok) return { ok: false, reason: policy.error };
  const held = await checkProof(proof, fromUtf8(entry), {
    hash: webSha256,
    verify: webVerify,
    policy: policy.value,
  });
  if (!held.ok) return { ok: false, reason: held.error };
  const { index, checkpoint, signers } = held.value;
  return { ok: true, index, size: checkpoint.size, signers: signers.map((s) => s.key.name) };
}

const KEPT = 'gatehouse-log-policy';
export const keptPolicy = (): string => localStorage.getItem(KEPT) ?? '';
export function keepPolicy(policy: string): void {
  localStorage.setItem(KEPT, policy);
}
