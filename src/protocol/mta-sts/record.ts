/** The TXT record that announces a policy (RFC 8461 §3.1). */

/** The policy id; undefined when the domain announces none, or more than one, which counts as none. */
export function parseStsRecord(records: readonly string[]): string | undefined {
  const ours = records.filter((r) => /^v=STSv1[ \t]*;/.test(r));
  if (ours.length !== 1) return undefined;
  for (const field of ours[0]!.slice(0, 1000).split(';')) {
    // `!`: length is 1
    const id = /^[ \t]*id[ \t]*=[ \t]*([A-Za-z0-9]{1,32})[ \t]*$/.exec(field)?.[1];
    if (id !== undefined) return id;
  }
  return undefined;
}
