/** The story of one message as the API tells it. */
import { answer, api } from '../../api/client.ts';

export const readStory = (id: string, lang: 'de' | 'en' | 'nl') =>
  answer(api.GET('/api/v1/messages/{id}', { params: { path: { id }, query: { lang } } }));
export type Story = Awaited<ReturnType<typeof readStory>>;
