/** `gatehouse explain ID`: the whole story of one message. */
import { explain as tell } from '#mail/track/explain.ts';
import { storyText } from '#mail/track/story-text.ts';
import { print, singleCommand, usage, withTenant } from './subcommands.ts';
import { LANG, languageOf, messageIdOf } from './track-flags.ts';

export const explain = singleCommand('explain', {
  summary: 'Tell the whole story of one message: connection, checks, decision, deliveries, record.',
  positionals: ['ID'],
  flags: LANG,
  run: async (args, context) => {
    const id = messageIdOf(args.positionals[0]);
    const language = languageOf(args);
    if (id === undefined) return usage(context, 'explain', `"${args.positionals[0] ?? ''}" is no message id`);
    if (language === undefined) return usage(context, 'explain', '--lang must be one of en, de, nl');
    return await withTenant(args, context, async (db, tenant) => {
      const story = await tell(db, tenant, id);
      if (story === undefined) {
        context.stderr(`gatehouse explain: there is no message ${id}\n`);
        return 1;
      }
      print(context, args, story, storyText(story, language));
      return 0;
    });
  },
});
export const run = explain.run;
