/** dkimpy (python3-dkim): signs what we have to verify and verifies what we signed, with DNS as a table. */
import { runAside } from '#test/support/child.ts';
import { missing } from '#test/support/need.ts';
import { run } from '#test/support/child.ts';

const PYTHON = '/usr/bin/python3'; // Debian's, since that is where python3-dkim is installed

export function dkimpyMissing(): readonly string[] {
  if (missing([PYTHON]).length > 0) return ['python3'];
  return run([PYTHON, '-c', 'import dkim']).code === 0 ? [] : ['python3-dkim'];
}

const VERIFY = `
import dkim, json, sys
job = json.load(sys.stdin)
message = job['message'].encode('latin-1')
def txt(name, timeout=5):
    value = job['txt'].get(name.decode().rstrip('.').lower())
    return value.encode('latin-1') if value is not None else b''
d = dkim.DKIM(message)
count = sum(1 for (name, value) in d.headers if name.lower() == b'dkim-signature')
out = []
for index in range(count):
    try:
        good = d.verify(idx=index, dnsfunc=txt)
        out.append({'verified': bool(good), 'domain': d.domain.decode(), 'selector': d.selector.decode(), 'reason': ''})
    except Exception as error:
        out.append({'verified': False, 'domain': '', 'selector': '', 'reason': repr(error)})
print(json.dumps(out))
`;

export type DkimpyVerdict = {
  readonly verified: boolean;
  readonly domain: string;
  readonly selector: string;
  readonly reason: string;
};

/** One verdict per DKIM-Signature, from the top of the message down. `txt`: owner name → record. */
export async function dkimpyVerify(
  message: string,
  txt: Readonly<Record<string, string>>,
): Promise<readonly DkimpyVerdict[]> {
  const ran = await runAside([PYTHON, '-c', VERIFY], { input: JSON.stringify({ message, txt }) });
  if (ran.code !== 0) throw new Error(`dkimpy failed\n${ran.stderr}`);
  return JSON.parse(ran.stdout) as DkimpyVerdict[];
}

const SIGN = `
import dkim, json, sys
job = json.load(sys.stdin)
header = dkim.sign(job['message'].encode('latin-1'), job['selector'].encode(), job['domain'].encode(), job['key'].encode(),
    canonicalize=(b'relaxed', b'relaxed'), signature_algorithm=job['algorithm'].encode())
sys.stdout.write(json.dumps({'header': header.decode('latin-1')}))
`;

/** The message with dkimpy's signature on top. `key`: PEM for RSA, base64 of the seed for Ed25519. */
export async function dkimpySign(job: {
  readonly message: string;
  readonly domain: string;
  readonly selector: string;
  readonly key: string;
  readonly algorithm: 'rsa-sha256' | 'ed25519-sha256';
}): Promise<string> {
  const ran = await runAside([PYTHON, '-c', SIGN], { input: JSON.stringify(job) });
  if (ran.code !== 0) throw new Error(`dkimpy failed\n${ran.stderr}`);
  return (JSON.parse(ran.stdout) as { header: string }).header + job.message;
}
