-- compatible
-- What may be told to the sender of a message. Worked out at the commit from what the checks found (mail/queue/report-to.ts):
-- a report to a sender who is forged is mail that we send to somebody who never wrote to us.

alter table message
  add column report_to text not null default 'full' check (report_to in ('full', 'headers', 'none'));
