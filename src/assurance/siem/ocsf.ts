/**
 * A record as an OCSF event (Open Cybersecurity Schema Framework 1.3.0). The class follows from the event's first word; what
 * fits none of the identity and mail classes is an API activity, which every act of ours is. `unmapped` keeps the rest, and
 * `raw_data` the leaf, so that nothing is lost in translation.
 */
import type { AuditEntry, SiemRecord } from './record.ts';
import { utc } from './record.ts';
import { type Level, levelOf } from './severity.ts';

export type OcsfEvent = Readonly<Record<string, unknown>>;

const SEVERITY_ID: Readonly<Record<Level, number>> = {
  informational: 1,
  low: 2,
  medium: 3,
  high: 4,
  critical: 5,
};
const OTHER = 99;

type Match = { readonly classUid: number; readonly activityId: number };
type Rule = {
  readonly words: RegExp;
  readonly classUid: number;
  readonly activities: readonly (readonly [RegExp, number])[];
};

/** Read from top to bottom; the first that fits counts. Activity numbers are those of the class in the schema. */
const RULES: readonly Rule[] = [
  {
    // Authentication
    words: /^(sign-in|sign-out|session)\./,
    classUid: 3002,
    activities: [
      [/^sign-out|ended$|expired$|killed$/, 2],
      [/^sign-in|started$/, 1],
    ],
  },
  {
    // Authorize Session
    words: /^(step-up|break-glass|elevation)\./,
    classUid: 3003,
    activities: [[/./, 1]],
  },
  {
    // User Access Management
    words: /^(role|grant|permission)\.(assigned|given|granted|removed|revoked|expired)$/,
    classUid: 3005,
    activities: [
      [/assigned$|given$|granted$/, 1],
      [/./, 2],
    ],
  },
  {
    // Group Management
    words: /^group\./,
    classUid: 3006,
    activities: [
      [/member-added$/, 3],
      [/member-removed$/, 4],
      [/^group\.(removed|deleted)$/, 5],
      [/^group\.(added|created)$/, 6],
    ],
  },
  {
    // Account Change
    words: /^(person|account|passkey|password|totp|recovery|api-key|service-account)[.-]/,
    classUid: 3001,
    activities: [
      [/^person\.(added|created|provisioned)$|^(api-key|service-account)\.(made|added|created)$/, 1],
      [/reactivated$|resumed$|enabled$/, 2],
      [/password-set$/, 3],
      [/reset-started$|password-removed$/, 4],
      [/deactivated$|suspended$|disabled$/, 5],
      [/^person\.(left|removed|deleted|erased)$|^api-key\.(revoked|removed)$/, 6],
      [/locked$/, 9],
      [/(passkey|totp|recovery-codes)-(added|made)$/, 10],
      [/(passkey|totp)-removed$|factors-dropped$/, 11],
    ],
  },
  {
    // Entity Management
    words: /^(tenant|domain|role|oidc-provider|scim|siem|ldap|people-source)[.-]/,
    classUid: 3004,
    activities: [
      [/added$|created$/, 1],
      [/read$/, 2],
      [/changed$|replaced$/, 3],
      [/removed$|deleted$/, 4],
    ],
  },
  {
    // Email Activity
    words: /^(message|attempt|delivery|held|recipient)\./,
    classUid: 4009,
    activities: [
      [/delivered$|released$|relayed$|attempted$/, 1],
      [/accepted$|received$/, 2],
      [/held$|judged$/, 3],
    ],
  },
];

/** API Activity, for everything else. */
const API: Rule = {
  words: /./,
  classUid: 6003,
  activities: [
    [/added$|made$|created$|imported$/, 1],
    [/read$|exported$|searched$/, 2],
    [/changed$|retried$|steered$|replaced$/, 3],
    [/deleted$|removed$/, 4],
  ],
};

export function classOf(what: string): Match {
  const rule = RULES.find((r) => r.words.test(what)) ?? API;
  const activity = rule.activities.find(([words]) => words.test(what))?.[1] ?? OTHER;
  return { classUid: rule.classUid, activityId: activity };
}

/** `hostname` is the gateway's name; `version` the product's. */
export function ocsfEvent(record: SiemRecord, hostname: string, version: string): OcsfEvent {
  switch (record.kind) {
    case 'entry':
      return entryEvent(record, hostname, version);
    case 'checkpoint':
      return notice(record, hostname, version, 'audit.checkpoint', {
        size: record.size,
        checkpoint: record.note,
      });
    case 'pruned':
      return notice(record, hostname, version, 'audit.pruned', { from: record.from, to: record.to });
  }
}

function entryEvent(
  record: Extract<SiemRecord, { kind: 'entry' }>,
  hostname: string,
  version: string,
): OcsfEvent {
  const { event, origin, index, leaf } = record;
  const match = classOf(event.what);
  const failed = /failed$|refused$|rejected$/.test(event.what);
  return {
    ...head(match, SEVERITY_ID[levelOf(event.what)], Date.parse(utc(event.at))),
    metadata: {
      ...metadata(hostname, version, origin, `${origin}#${index}`),
      sequence: index,
      event_code: event.what,
      tenant_uid: event.tenant,
    },
    status_id: failed ? 2 : 1,
    actor: actorOf(event),
    ...ofClass(match.classUid, event),
    unmapped: { index, subject: event.subject, details: event.details ?? null },
    raw_data: leaf,
  };
}

function head({ classUid, activityId }: Match, severityId: number, timeMs: number): OcsfEvent {
  return {
    category_uid: Math.floor(classUid / 1000),
    class_uid: classUid,
    activity_id: activityId,
    type_uid: classUid * 100 + activityId,
    severity_id: severityId,
    time: timeMs,
  };
}

const metadata = (hostname: string, version: string, origin: string, uid: string) => ({
  version: '1.3.0',
  product: { name: 'Gatehouse', vendor_name: 'Gatehouse', version },
  log_name: origin,
  log_provider: hostname,
  uid,
});

/** `admin:ID` is a person who administers, `service:ID` a key, `system:PLACE` the gateway itself. */
function actorOf(event: AuditEntry): OcsfEvent {
  const at = event.actor.indexOf(':');
  const [type, id] = [event.actor.slice(0, at), event.actor.slice(at + 1)];
  if (type === 'system') return { process: { name: `gatehouse ${id}` }, app_name: 'gatehouse' };
  // type_id of the schema's user: 1 user, 2 admin, 3 system.
  return { user: { uid: id, type_id: type === 'admin' ? 2 : type === 'service' ? 3 : 1, type } };
}

/** What the class demands besides the common fields. */
function ofClass(classUid: number, { subject, what, details = {} }: AuditEntry): OcsfEvent {
  const text = (key: string): string | undefined =>
    typeof details[key] === 'string' ? details[key] : undefined;
  switch (classUid) {
    case 3001:
    case 3002:
    case 3003:
      return { user: { uid: subject } };
    case 3004:
      return { entity: { uid: subject, type: what.split('.', 1)[0] } };
    case 3005:
      return { user: { uid: text('person') ?? subject }, privileges: [text('role') ?? subject] };
    case 3006: {
      const person = text('person');
      return { group: { uid: subject }, ...(person === undefined ? {} : { user: { uid: person } }) };
    }
    case 4009:
      // direction_id 0: an event of the record need not know which way the message went.
      return { direction_id: 0, email: { uid: subject, from: text('from') ?? '', to: [text('to') ?? ''] } };
    default:
      return {
        api: { operation: what },
        src_endpoint: { name: 'gatehouse', ip: text('ip') ?? undefined },
        resources: [{ uid: subject }],
      };
  }
}

function notice(
  record: Exclude<SiemRecord, { kind: 'entry' }>,
  hostname: string,
  version: string,
  what: string,
  unmapped: OcsfEvent,
): OcsfEvent {
  const at = record.kind === 'pruned' ? record.from : record.size;
  return {
    ...head(
      { classUid: 6003, activityId: OTHER },
      record.kind === 'pruned' ? 3 : 1,
      Date.parse(utc(record.at)),
    ),
    metadata: {
      ...metadata(hostname, version, record.origin, `${record.origin}#${what}/${at}`),
      event_code: what,
    },
    status_id: 1,
    actor: { process: { name: 'gatehouse' }, app_name: 'gatehouse' },
    api: { operation: what },
    src_endpoint: { name: 'gatehouse' },
    unmapped,
  };
}
