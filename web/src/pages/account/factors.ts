/** One's own factors as the API lists them. */
import { answer, api } from '../../api/client.ts';

export const readFactors = () => answer(api.GET('/api/v1/account/factors'));
export type Factors = Awaited<ReturnType<typeof readFactors>>;
