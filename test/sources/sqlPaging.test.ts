import sql from 'mssql';
import { fromClause, sqlDialects, type SqlColumn } from '../../src/sources/sqlPaging';
import {
  lastCursorStatement,
  lastKeyStatement,
  pageStatement,
  unkeyedStatement,
  type SqlPosition,
  type SqlStream,
} from '../../src/sources/sqlPhases';
import { sqlSource } from '../../src/sources/sql';
import { sqlServerColumnKind, sqlServerRow } from '../../src/sources/rowValues';
import { declaredType, sqlServerConfig, sqlServerFailure } from '../../src/sources/sqlServer';

const column = (name: string, type: string): SqlColumn => ({ name, type, kind: sqlServerColumnKind(type) });
const changed = column('changed', 'datetime2(7)');
const id = column('id', 'bigint');
const part = column('part', 'varchar');

function stream(dialect: 'postgres' | 'sqlserver', keys: SqlColumn[] = [id, part]): SqlStream {
  return {
    dialect: sqlDialects[dialect],
    from: fromClause(sqlDialects[dialect], { table: 'dbo.people' }),
    columns: [changed, ...keys],
    keys,
    cursor: changed,
  };
}

const position: SqlPosition = {
  columns: '',
  phase: 'timed',
  after: '["2024-01-02T00:00:00.1234567","7","a"]',
  lastKey: '["9","z"]',
  from: '2024-01-01T00:00:00',
  until: '2024-02-01T00:00:00',
  horizon: '2025-01-01T00:00:00',
};

describe('Postgres statements', () => {
  test('a timed page compares rows of cursor and keys', () => {
    expect(pageStatement(stream('postgres'), position, 11)).toEqual({
      text:
        'select t."changed", t."id", t."part" from "dbo"."people" as t where t."id" is not null and t."part" is not null' +
        ' and t."changed" >= $1 and t."changed" <= $2 and (t."changed", t."id", t."part") > ($3, $4, $5)' +
        ' order by t."changed", t."id", t."part" limit 11',
      values: ['2024-01-01T00:00:00', '2024-02-01T00:00:00', '2024-01-02T00:00:00.1234567', '7', 'a'],
    });
  });

  test('an untimed page takes rows without a cursor, and those of the far future, by key', () => {
    const untimed = { ...position, phase: 'untimed' as const, after: '["7","a"]' };
    expect(pageStatement(stream('postgres'), untimed, 3)?.text).toContain(
      '(t."changed" is null or t."changed" > $1) and (t."id", t."part") <= ($2, $3) and (t."id", t."part") > ($4, $5)' +
        ' order by t."id", t."part" limit 3',
    );
  });

  test('names are quoted so that they can say nothing', () => {
    const evil = sqlDialects.postgres.quote('a" ; drop table x; --');
    expect(evil).toBe('"a"" ; drop table x; --"');
    expect(sqlDialects.sqlserver.quote('a] ; drop table x; --')).toBe('[a]] ; drop table x; --]');
    expect(fromClause(sqlDialects.postgres, { table: 'a.b"c' })).toBe('"a"."b""c" as t');
    expect(fromClause(sqlDialects.sqlserver, { table: '[odd.name].[My Table]' })).toBe(
      '[odd.name].[My Table] as t',
    );
    expect(fromClause(sqlDialects.postgres, { table: '"odd.name".People' })).toBe('"odd.name"."People" as t');
  });

  test('a query is wrapped whatever it ends with', () => {
    expect(fromClause(sqlDialects.postgres, { query: 'select 1 -- one\n ; ' })).toBe(
      '(\nselect 1 -- one\n) as t',
    );
  });
});

describe('SQL Server statements', () => {
  test('a timed page is written out without row values, typed, by top', () => {
    expect(pageStatement(stream('sqlserver'), position, 11)).toEqual({
      text:
        'select top (11) convert(varchar(33), t.[changed], 126) as [changed], t.[id], t.[part] from [dbo].[people] as t' +
        ' where t.[id] is not null and t.[part] is not null' +
        ' and t.[changed] >= convert(datetime2(7), @p1, 126) and t.[changed] <= convert(datetime2(7), @p2, 126)' +
        ' and ((t.[changed] > convert(datetime2(7), @p3, 126))' +
        ' or (t.[changed] = convert(datetime2(7), @p3, 126) and t.[id] > convert(bigint, @p4))' +
        ' or (t.[changed] = convert(datetime2(7), @p3, 126) and t.[id] = convert(bigint, @p4) and t.[part] > convert(varchar(8000), @p5)))' +
        ' order by t.[changed], t.[id], t.[part]',
      values: ['2024-01-01T00:00:00', '2024-02-01T00:00:00', '2024-01-02T00:00:00.1234567', '7', 'a'],
    });
  });

  test('the last key of several columns is a bound that includes itself', () => {
    const keyed = { ...position, phase: 'keyed' as const, after: null };
    expect(pageStatement(stream('sqlserver'), keyed, 2)?.text).toContain(
      'and ((t.[id] < convert(bigint, @p1)) or (t.[id] = convert(bigint, @p1) and t.[part] <= convert(varchar(8000), @p2)))',
    );
  });

  test('the bounds of a read', () => {
    const one = stream('sqlserver', [id]);
    expect(lastKeyStatement(one).text).toBe(
      'select top (1) t.[id] from [dbo].[people] as t where t.[id] is not null order by t.[id] desc',
    );
    expect(lastCursorStatement(one, '2025-01-01').text).toBe(
      'select top (1) convert(varchar(33), t.[changed], 126) as [changed] from [dbo].[people] as t' +
        ' where t.[changed] is not null and t.[changed] <= convert(datetime2(7), @p1, 126) order by t.[changed] desc',
    );
    expect(unkeyedStatement(one, { ...position, phase: 'keyed' }).text).toBe(
      'select count(*) as [rows] from [dbo].[people] as t where (t.[id] is null)',
    );
  });

  test.each([
    ['decimal(18,2)', 'convert(varchar(50), t.[c]) as [c]', 'convert(decimal(18,2), @p1)'],
    ['money', 'convert(varchar(50), t.[c], 2) as [c]', 'convert(money, @p1)'],
    ['datetime', 'convert(varchar(33), t.[c], 126) as [c]', 'convert(datetime, @p1, 126)'],
    [
      'datetimeoffset(7)',
      "convert(varchar(33), switchoffset(t.[c], '+00:00'), 126) as [c]",
      'convert(datetimeoffset(7), @p1, 127)',
    ],
    ['date', 'convert(varchar(10), t.[c], 23) as [c]', 'convert(date, @p1, 23)'],
    ['time(7)', 'convert(varchar(16), t.[c], 121) as [c]', 'convert(time(7), @p1)'],
    ['binary(8)', 't.[c]', 'convert(binary(8), @p1, 1)'],
    ['nvarchar', 't.[c]', '@p1'],
    ['uniqueidentifier', 't.[c]', 'convert(uniqueidentifier, @p1)'],
    ['', 't.[c]', '@p1'],
  ])('a %s leaves and enters as text that loses nothing', (type, selected, parameter) => {
    expect(sqlDialects.sqlserver.selectList([column('c', type)])).toBe(selected);
    expect(sqlDialects.sqlserver.parameter(1, column('c', type))).toBe(parameter);
  });

  test('declared types come from the driver', () => {
    expect(declaredType({ name: 'a', type: sql.Decimal, precision: 38, scale: 9 })).toBe('decimal(38,9)');
    expect(declaredType({ name: 'a', type: sql.DateTime2, scale: 3 })).toBe('datetime2(3)');
    expect(declaredType({ name: 'a', type: sql.Binary, length: 8 })).toBe('binary(8)');
    expect(declaredType({ name: 'a', type: sql.VarBinary, length: 65535 })).toBe('varbinary(max)');
    expect(declaredType({ name: 'a', type: sql.NVarChar, length: 200 })).toBe('nvarchar');
    expect(declaredType({ name: 'a', type: undefined })).toBe('');
  });

  test('rows become JSON that loses nothing', () => {
    const columns = [
      'bigint',
      'binary(8)',
      'datetimeoffset(7)',
      'bit',
      'float',
      'nvarchar',
      'datetime2(7)',
      'int',
    ];
    const row = {
      c0: '9007199254740993',
      c1: Buffer.from('00000000000007d1', 'hex'),
      c2: '2024-03-01T10:00:00.1234567+00:00',
      c3: true,
      c4: 0.1,
      c5: 'NUL \u0000 stays for staging',
      c6: '2024-03-01T10:00:00.1234567',
      c7: null,
    };
    expect(
      sqlServerRow(
        row,
        columns.map((type, index) => column(`c${index}`, type)),
      ),
    ).toEqual({
      ...row,
      c1: '0x00000000000007D1',
      c2: '2024-03-01T10:00:00.1234567Z',
    });
  });
});

describe('SQL Server connections and failures', () => {
  test('both spellings of the URL are read', () => {
    expect(
      sqlServerConfig('mssql://us%40er:p%3Aw@db.example:1444/sales?trustServerCertificate=true', 5000),
    ).toMatchObject({
      server: 'db.example',
      port: 1444,
      user: 'us@er',
      password: 'p:w',
      database: 'sales',
      requestTimeout: 5000,
      options: { encrypt: true, trustServerCertificate: true },
    });
    expect(
      sqlServerConfig('Server=tcp:db.example,1444;Database=sales;User Id=u;Password=p;Encrypt=true', 5000),
    ).toMatchObject({
      server: 'db.example',
      port: 1444,
      user: 'u',
      password: 'p',
      database: 'sales',
      requestTimeout: 5000,
    });
  });

  test('a URL that cannot be read is not quoted', () => {
    expect(() => sqlServerConfig('mssql://u:secret@[bad', 1)).toThrow(
      expect.objectContaining({ recovery: 'configuration', message: expect.not.stringContaining('secret') }),
    );
  });

  test.each([
    [{ code: 'ELOGIN', number: 18456 }, 'configuration'],
    [{ code: 'ELOGIN', number: 40613 }, 'retry'],
    [{ code: 'EREQUEST', number: 208, class: 16 }, 'configuration'],
    [{ code: 'EREQUEST', number: 1205, class: 13 }, 'retry'],
    [{ code: 'EREQUEST', number: 40501, class: 20 }, 'retry'],
    [{ code: 'ETIMEOUT' }, 'retry'],
    [{ code: 'ESOCKET' }, 'retry'],
    [{ code: 'EINSTLOOKUP' }, 'configuration'],
  ])('%j is %s', (error, recovery) => {
    expect(sqlServerFailure(Object.assign(error, { message: 'Invalid value "secret"' }))).toMatchObject({
      recovery,
      message: expect.not.stringContaining('secret'),
    });
  });

  test('an unreachable server is for later, again and again', async () => {
    const source = await sqlSource.open({
      source: 'synapse',
      connection: { dialect: 'sqlserver', url: 'mssql://u:secret@127.0.0.1:1/x' },
      now: () => new Date(),
    });
    for (let n = 0; n < 2; n += 1) {
      await expect(
        source.readPage({
          stream: 's',
          options: { table: 't' },
          recordKey: ['id'],
          lookbackMs: 0,
          pageSize: 1,
          position: null,
          since: null,
        }),
      ).rejects.toMatchObject({ recovery: 'retry', message: expect.not.stringContaining('secret') });
    }
    await source.close();
  });
});
