-- Format 1. Rows are in the order of writing, and the indexes are small: with a table that is clustered by session,
-- a commit for many sessions touches a page of each.

create table store(
  one integer primary key check(one = 1),
  epoch integer not null               -- of the last lease; epochs never repeat
) strict;
insert into store values(1, 0);

create table session(
  sid integer primary key autoincrement,
  id text not null,
  epoch integer not null,              -- of the last lease
  owner text,                          -- null: free
  expires_at integer,                  -- of the lease, in milliseconds since 1970
  last_batch integer not null,         -- of the current lease
  turns integer not null,
  last_seq integer not null,
  head integer,                        -- the latest turn
  run text,                            -- JSON of the last run
  forked_from text,
  forked_at integer,
  title text,
  group_name text,
  created_at integer,                  -- in nanoseconds since 1970
  updated_at integer not null          -- -2^63: no batch
) strict;
create unique index session_id on session(id);
create index session_time on session(updated_at, id);
create index session_group on session(group_name, id) where group_name is not null;

-- A version of a turn. Immutable but for the latest one of a session, as long as nothing else refers to it.
create table turn(
  tid integer primary key,
  prev integer,                        -- the turn before it
  base integer,                        -- the nearest earlier turn with kept < this kept; null: kept = 0
  jump integer,                        -- an earlier turn, such that any is reached in O(log n) steps
  jump_idx integer,
  idx integer not null,                -- from 0
  kept integer not null,               -- number of blocks shared with prev
  len integer not null,                -- number of blocks
  refs integer not null,               -- sessions with this head, turns with this prev
  head blob not null,                  -- JSON of the turn without blocks
  parts blob
) strict;

-- The blocks of a turn after the shared ones.
create table position(
  tid integer not null,
  pos integer not null,
  bid integer not null,
  primary key(tid, pos)
) strict, without rowid;

-- Distinct blocks.
create table block(
  bid integer primary key,
  key integer not null,                -- the first 8 bytes of hash
  refs integer not null,               -- positions
  size integer not null,               -- of the JSON, in bytes
  hash blob not null,                  -- SHA-256 of the JSON
  body blob not null,                  -- the JSON without its long strings
  parts blob                           -- for each of them, its place in body and its pid; 8 bytes each, little endian
) strict;
create index block_key on block(key);

-- Distinct long strings, such as images.
create table part(
  pid integer primary key,
  key integer not null,
  refs integer not null,               -- blocks, turns, effects and events
  hash blob not null
) strict;
create index part_key on part(key);
create table part_body(
  pid integer primary key,
  body blob not null
) strict;

create table effect(
  eid integer primary key,
  sid integer not null,
  key text not null,
  turn integer not null,
  run text not null,
  call_id text not null,
  tool text not null,
  idempotent integer not null,
  begun integer not null,
  state integer not null,              -- 0 begun, 1 waiting, 2 finished
  answer blob,                         -- JSON of the block
  parts blob
) strict;
create unique index effect_key on effect(sid, key);
create index effect_turn on effect(sid, turn);

-- Submits with idempotency keys.
create table request(
  qid integer primary key,
  sid integer not null,
  key text not null,
  digest blob not null,
  run text not null
) strict;
create unique index request_key on request(sid, key);

-- Consecutive events.
create table event(
  rid integer primary key,
  sid integer not null,
  first_seq integer not null,
  last_seq integer not null,
  cid integer,                         -- its context
  body blob not null,                  -- JSON without the context
  parts blob,
  lens blob                            -- lengths of merged deltas
) strict;
create unique index event_seq on event(sid, last_seq);

-- Distinct contexts of the events of a session: metadata and correlation.
create table context(
  cid integer primary key,
  sid integer not null,
  key integer not null,
  body blob not null
) strict;
create index context_key on context(sid, key);

-- Deleted sessions whose content remains.
create table garbage(
  sid integer primary key,
  head integer
) strict;
