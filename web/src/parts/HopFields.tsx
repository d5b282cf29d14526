/** The fields of a next hop: host, port, what it speaks, how safe the transport must be. */
import { NativeSelect, NumberInput, SimpleGrid, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { complaintAt } from '../api/client.ts';

export const TLS = ['opportunistic', 'required', 'verified', 'none'] as const;
export type Hop = {
  readonly host: string;
  readonly port: number;
  readonly protocol: 'smtp' | 'lmtp';
  readonly tls: (typeof TLS)[number];
};
export const emptyHop: Hop = { host: '', port: 25, protocol: 'smtp', tls: 'opportunistic' };

type Props = {
  readonly hop: Hop;
  readonly change: (hop: Hop) => void;
  readonly error: unknown;
  /** Where the hop stands in the body, as `nextHop`. */
  readonly at: string;
};

export function HopFields({ hop, change, error, at }: Props): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }}>
      <TextInput
        label={t('hop.host')}
        description={t('hop.host-help')}
        value={hop.host}
        onChange={(e) => change({ ...hop, host: e.currentTarget.value })}
        error={complaintAt(error, `${at}.host`)}
        required
      />
      <NumberInput
        label={t('hop.port')}
        description={t('hop.port-help')}
        value={hop.port}
        onChange={(port) => change({ ...hop, port: Number(port) })}
        min={1}
        max={65_535}
        hideControls
        error={complaintAt(error, `${at}.port`)}
      />
      <NativeSelect
        label={t('hop.protocol')}
        value={hop.protocol}
        onChange={(e) => change({ ...hop, protocol: e.currentTarget.value === 'lmtp' ? 'lmtp' : 'smtp' })}
        data={[
          { value: 'smtp', label: 'SMTP' },
          { value: 'lmtp', label: 'LMTP' },
        ]}
      />
      <TlsSelect tls={hop.tls} change={(tls) => change({ ...hop, tls })} />
    </SimpleGrid>
  );
}

type TlsProps = { readonly tls: Hop['tls']; readonly change: (tls: Hop['tls']) => void };
export function TlsSelect({ tls, change }: TlsProps): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <NativeSelect
      label={t('hop.tls')}
      value={tls}
      onChange={(e) => change(TLS.find((known) => known === e.currentTarget.value) ?? 'opportunistic')}
      data={TLS.map((value) => ({ value, label: t(`tls.${value}`) }))}
    />
  );
}
