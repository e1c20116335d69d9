import { mailsIn, withoutMails } from '../../src/domain/merge/erasedKeys';

const ann = 'ann@people.example';

test.each([
  ['after a line end', `Call\n${ann}`],
  ['after a tab', `Call\t${ann}`],
  ['at the end of a sentence', `Ask ${ann}.`],
  ['before an exclamation mark', `Ask ${ann}!`],
  ['in an address of a page', `https://people.example/?mail=${ann}&page=2`],
  ['in quotes', `He said '${ann}'`],
  ['beside a bar', `${ann}|bob@people.example`],
])('an address is found %s, and taken out', (_where, remark) => {
  const text = JSON.stringify({ remark });
  expect(mailsIn(text)).toContain(ann);
  expect((JSON.parse(withoutMails(text, [ann])) as { remark: string }).remark).toBe(
    remark.replace(ann, '[erased]'),
  );
});

test.each(["o'neil@people.example", 'ann+club@people.example', 'änn@people.example', 'ann_b@people.example'])(
  'an address as %s is found as a whole',
  (mail) => {
    expect(mailsIn(JSON.stringify({ remark: `Ask ${mail}` }))).toContain(mail);
    expect(withoutMails(JSON.stringify({ mail }), [mail])).toBe('{"mail":"[erased]"}');
  },
);

test.each([
  `jo${ann}`,
  `jo.${ann}`,
  `jo-${ann}`,
  `jo+${ann}`,
  `jo_${ann}`,
  `o'${ann}`,
  `ö${ann}`,
  `${ann}.uk`,
  `${ann}-club`,
  `${ann}s`,
])('%s is the address of somebody else and stays', (other) => {
  const text = JSON.stringify({ mail: ann, other });
  expect(JSON.parse(withoutMails(text, [ann]))).toEqual({ mail: '[erased]', other });
});
