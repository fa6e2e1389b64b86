// All of it or nothing.
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inTransaction } from '../../../gateway/store/transaction.ts';

let database: DatabaseSync;
beforeEach(() => {
  database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE t (a INTEGER PRIMARY KEY)');
});
afterEach(() => database.close());

const rows = (): unknown[] =>
  database
    .prepare('SELECT a FROM t')
    .all()
    .map((row) => row['a']);

describe('inTransaction', () => {
  it('keeps what the work wrote and gives its result', () => {
    const result = inTransaction(database, () => {
      database.exec('INSERT INTO t VALUES (1), (2)');
      return 'done';
    });
    expect(result).toBe('done');
    expect(rows()).toEqual([1, 2]);
  });

  it.each(['throw', 'constraint'])('takes back everything after a %s, and can be used again', (how) => {
    const work = (): void => {
      database.exec('INSERT INTO t VALUES (1)');
      if (how === 'constraint') database.exec('INSERT INTO t VALUES (1)');
      throw new Error('changed my mind');
    };
    expect(() => inTransaction(database, work)).toThrow(how === 'throw' ? 'changed my mind' : 'UNIQUE');
    expect(rows()).toEqual([]);
    inTransaction(database, () => database.exec('INSERT INTO t VALUES (3)'));
    expect(rows()).toEqual([3]);
  });

  it('holds the write lock from its start', () => {
    inTransaction(database, () => expect(database.isTransaction).toBe(true));
    expect(database.isTransaction).toBe(false);
  });
});
