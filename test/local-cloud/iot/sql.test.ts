import { parseSql, SqlError } from '../../../local-cloud/iot/sql';

const select = (sql: string, payload: unknown, topic = 'tunnels/t-1/disconnected', clientId?: string) =>
  parseSql(sql).select({ topic, payload: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)), clientId }, 1_700_000_000_000);

const OURS = "SELECT topic(2) AS tunnelId, versionId AS versionId, 'mqtt' AS via FROM 'tunnels/+/disconnected'";

test('the topic filter comes along', () => {
  expect(parseSql(OURS).topicFilter).toBe('tunnels/+/disconnected');
});

// https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-reference.html
test.each([
  ['our own rule', OURS, { versionId: 'v', other: 1 }, { tunnelId: 't-1', versionId: 'v', via: 'mqtt' }],
  ['a missing field is left out', OURS, {}, { tunnelId: 't-1', via: 'mqtt' }],
  ['a payload that is no JSON has no fields', OURS, 'LOST', { tunnelId: 't-1', via: 'mqtt' }],
  ['everything', "SELECT * FROM 'a'", { a: 1, b: [2] }, { a: 1, b: [2] }],
  ['everything and more', "SELECT *, timestamp() AS at FROM 'a'", { a: 1 }, { a: 1, at: 1_700_000_000_000 }],
  ['a nested field under its own name', "SELECT state.reported FROM 'a'", { state: { reported: 5 } }, { reported: 5 }],
  ['numbers and booleans', "SELECT 1 AS one, true AS yes FROM 'a'", {}, { one: 1, yes: true }],
  ['the whole topic', "SELECT topic() AS topic FROM 'a'", {}, { topic: 'tunnels/t-1/disconnected' }],
  ['a level that the topic lacks', "SELECT topic(9) AS level, 1 AS one FROM 'a'", {}, { one: 1 }],
  ['keywords in any case', "select topic(1) as first from 'a' where kind = 'x'", { kind: 'x' }, { first: 'tunnels' }],
  ['WHERE with AND, OR and NOT', "SELECT 1 AS one FROM 'a' WHERE (a = 1 OR a = 2) AND NOT b <> 'x'", { a: 2, b: 'x' }, { one: 1 }],
  ['a quote in a text', "SELECT 'it''s' AS text FROM 'a'", {}, { text: "it's" }],
])('%s', (_, sql, payload, message) => {
  expect(select(sql, payload)).toEqual(message);
});

test('a WHERE that does not hold is no message', () => {
  expect(select("SELECT * FROM 'a' WHERE kind = 'x'", { kind: 'y' })).toBeUndefined();
  expect(select("SELECT * FROM 'a' WHERE kind = 'x'", 'no JSON')).toBeUndefined();
});

test('clientid() is the publisher\'s, or N/A over HTTPS', () => {
  expect(select("SELECT clientid() AS id FROM 'a'", {}, 'a', 'pump-7')).toEqual({ id: 'pump-7' });
  expect(select("SELECT clientid() AS id FROM 'a'", {}, 'a')).toEqual({ id: 'N/A' });
});

test.each([
  ["SELECT encode(*, 'base64') AS data FROM 'a'", '*'],
  ["SELECT newuuid() AS id FROM 'a'", 'newuuid'],
  ["SELECT a + 1 AS b FROM 'a'", '+'],
  ["SELECT a FROM 'a' LIMIT 1", 'LIMIT'],
  ["SELECT topic(2) FROM 'a'", 'AS'],
  ["SELECT a FROM a", 'a'],
  ["UPDATE 'a'", 'UPDATE'],
])('%s is refused by name', (sql, name) => {
  expect(() => parseSql(sql)).toThrow(SqlError);
  expect(() => parseSql(sql)).toThrow(name);
});
