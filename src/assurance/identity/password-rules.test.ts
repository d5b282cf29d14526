import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCommon, WORD_COUNT } from './common-passwords.ts';
import { passwordFault } from './password-rules.ts';

const WHO = { email: 'carla.meier@bank.example', name: 'Carla Meier-Lüdke', organisation: 'musterbank' };

test('isCommon() knows what is tried first, however it is dressed up', () => {
  assert.ok(WORD_COUNT > 300);
  const common = `password Password1 P@ssw0rd! passw0rd2026 12345678 123456789 qwertz123 qwertyuiop 1q2w3e4r 1qaz2wsx asdfghjkl abcd1234
    aaaaaaaa abcabcabc hallohallo Sommer2026! wachtwoord1 welkom01 iloveyou1 Letmein123 admin1234 19900512 12.05.1990 987654321
    Schatzi1! München1 football1 dragon123 ajaxajax trustno1 changeme1`;
  for (const password of common.split(/\s+/)) assert.ok(isCommon(password), password);
});

test('isCommon() leaves real passwords alone', () => {
  const good = [
    'vier graue Elefanten im Nebel',
    'correct horse battery',
    'nur kleine buchstaben',
    'x7Kp2vQz',
    'Fahrradkette-Mondlicht',
    'ik eet graag stroopwafels',
    'zoutzuurbalans',
    'ein ganz anderer Satz',
  ];
  for (const password of good) assert.equal(isCommon(password), false, password);
});

test('passwordFault() says what is wrong, and asks for no kinds of characters', async () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['', 'too-short'],
    ['x7Kp2vQ', 'too-short'],
    ['😀😀😀😀😀😀😀', 'too-short'],
    ['x7Kp2vQz', undefined],
    ['nurkleinebuchstabenhier', undefined],
    ['83640275918364', undefined],
    ['käsekuchenrezept', undefined],
    ['y'.repeat(20) + 'lang aber kein Muster '.repeat(8), undefined],
    ['lang aber '.repeat(26), 'too-long'],
    ['CarlaMeier1', 'personal'],
    ['musterbank99', 'personal'],
    ['meier-carla!', 'personal'],
    ['gatehouse2026', 'common'],
    ['Carla mag Spaziergänge am See', undefined],
  ];
  for (const [password, fault] of cases) assert.equal(await passwordFault(password, WHO), fault, password);
});

test('passwordFault() asks the list of leaked passwords where there is one', async () => {
  const asked: string[] = [];
  const isBreached = async (password: string): Promise<boolean> => asked.push(password) > 0;
  assert.equal(await passwordFault('x7Kp2vQz', WHO, isBreached), 'breached');
  assert.equal(await passwordFault('kurz', WHO, isBreached), 'too-short');
  assert.deepEqual(asked, ['x7Kp2vQz']);
});
