/** The frame around every page: skip link, name of the gate, navigation, the reader's own menu. */
import { AppShell, Burger, Group, NavLink, ScrollArea, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { navigation, type NavGroup } from '../navigation.ts';
import { Door } from '../session/Door.tsx';
import { may, mayOnPlatform, useStanding } from '../session/session.ts';
import { Bell } from './Bell.tsx';
import { ContentBanner } from './ContentBanner.tsx';
import { Icon } from './Icon.tsx';
import { UserMenu } from './UserMenu.tsx';

/** Pages that nobody has to be signed in for stand without the frame. */
const OUTSIDE: ReadonlySet<string> = new Set(['/sign-in', '/link', '/setup']);

export function Shell(): React.JSX.Element {
  const { pathname } = useLocation();
  if (OUTSIDE.has(pathname)) return <Outlet />;
  return (
    <Door>
      <Inside />
    </Door>
  );
}

function Inside(): React.JSX.Element {
  const { t } = useTranslation();
  const [isOpen, menu] = useDisclosure(false);
  const { pathname } = useLocation();
  useEffect(() => menu.close(), [pathname]);
  return (
    <>
      <a className="gate-skip" href="#content">
        {t('shell.skip')}
      </a>
      <AppShell
        header={{ height: 56 }}
        navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
        padding="lg"
      >
        <AppShell.Header>
          <Group h="100%" px="md" justify="space-between" wrap="nowrap">
            <Group gap="xs" wrap="nowrap">
              <Burger
                opened={isOpen}
                onClick={menu.toggle}
                hiddenFrom="sm"
                size="sm"
                aria-label={t('shell.menu')}
                aria-expanded={isOpen}
              />
              <img src="/gate.svg" alt="" width={26} height={26} />
              <Text fw={700} size="lg" visibleFrom="xs">
                Gatehouse
              </Text>
            </Group>
            <Group gap="xs" wrap="nowrap">
              <Bell />
              <UserMenu isInside />
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="sm" aria-label={t('shell.navigation')}>
          <ScrollArea type="hover" scrollbarSize={6}>
            {navigation.map((group) => (
              <Section key={group.text} group={group} />
            ))}
          </ScrollArea>
        </AppShell.Navbar>
        <AppShell.Main id="content" tabIndex={-1} style={{ outline: 'none' }}>
          <div style={{ maxWidth: '76rem' }}>
            <ContentBanner />
            <Outlet />
          </div>
        </AppShell.Main>
      </AppShell>
    </>
  );
}

function Section({ group }: { readonly group: NavGroup }): React.JSX.Element | null {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const standing = useStanding().data;
  const items = group.items.filter((item) =>
    (item.isPlatform === true ? mayOnPlatform : may)(standing, item.needs),
  );
  if (items.length === 0) return null;
  return (
    <>
      <Text size="xs" fw={700} c="dimmed" tt="uppercase" mt="sm" mb={4} px="sm" id={`nav-${group.text}`}>
        {t(group.text)}
      </Text>
      <ul aria-labelledby={`nav-${group.text}`} style={{ listStyle: 'none', margin: 0, padding: 0 }}>
        {items.map((item) => {
          const isHere = item.to === '/' ? pathname === '/' : pathname.startsWith(item.to);
          return (
            <li key={item.to}>
              <NavLink
                component={Link}
                to={item.to}
                label={t(item.text)}
                leftSection={<Icon name={item.icon} />}
                active={isHere}
                aria-current={isHere ? 'page' : undefined}
                color="cyan"
                variant="filled"
                py={6}
                style={{ borderRadius: 'var(--mantine-radius-md)' }}
              />
            </li>
          );
        })}
      </ul>
    </>
  );
}
