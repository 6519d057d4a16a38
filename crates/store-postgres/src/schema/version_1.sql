-- Format 1. `@` is the quoted name of the schema. Texts are bytea: Postgres refuses zero characters in text, orders
-- text by the collation of the database, and converts it to an encoding that may lack characters.
--
-- Every write is one call of a function, so that a group of writes is sent at once, `commit` included, and a program
-- that is stopped holds no lock. A function reports a violation of the contract in its result before it changes
-- anything: an exception would undo the other writes of its transaction.

create sequence @.epoch;               -- of leases; epochs never repeat

create table @.session(
  sid bigint generated always as identity primary key,
  id bytea not null,
  epoch bigint not null default 0,     -- of the last lease
  owner bytea,                         -- null: free
  address bytea,                       -- of the owner, for requests
  expires_at timestamptz,              -- of the lease; null: never
  ttl bigint,                          -- of the lease, in milliseconds
  cancel boolean not null default false, -- the owner is asked to cancel the run
  last_batch bigint not null default 0, -- of the current lease
  turns bigint not null default 0,
  last_seq bigint not null default 0,
  head bigint,                         -- the latest turn
  run bytea,                           -- JSON of the last run
  open_run boolean not null default false, -- the last run has not ended
  forked_from bytea,
  forked_at bigint,
  title bytea,
  group_name bytea,
  created_at bigint,                   -- in nanoseconds since 1970
  updated_at bigint not null           -- -2^63: no batch
) with (fillfactor = 70);
create unique index session_id on @.session(id);
create index session_time on @.session(updated_at, id);
create index session_group on @.session(sha256(group_name), updated_at, id) where group_name is not null;
create index session_open on @.session(id) where open_run;
create index session_cancel on @.session(owner) where cancel;

-- A version of a turn. Immutable but for the latest one of a session, as long as nothing else refers to it.
create table @.turn(
  tid bigint generated always as identity primary key,
  prev bigint,                         -- the turn before it
  base bigint,                         -- the nearest earlier turn with kept < this kept; null: kept = 0
  jump bigint,                         -- an earlier turn, such that any is reached in O(log n) steps
  jump_idx bigint,
  idx bigint not null,                 -- from 0
  kept bigint not null,                -- number of blocks shared with prev
  len bigint not null,                 -- number of blocks
  refs bigint not null,                -- sessions with this head, turns with this prev
  head bytea not null                  -- JSON of the turn without blocks
);

-- The blocks of a turn after the shared ones.
create table @.position(
  tid bigint not null,
  pos bigint not null,
  bid bigint not null,
  primary key(tid, pos)
);
create index position_block on @.position(bid);

-- Distinct blocks. A writer that refers to one holds a key share lock on it until it commits; one that removes a
-- reference locks it before it looks for others. So no block is removed that is referred to.
create table @.block(
  bid bigint generated always as identity primary key,
  hash bytea not null,                 -- SHA-256 of the JSON
  body bytea not null                  -- JSON
);
create unique index block_hash on @.block(hash);

create sequence @.effect_order;
create table @.effect(
  sid bigint not null,
  key bytea not null,
  eid bigint not null default nextval('@.effect_order'),
  turn bigint not null,
  run bytea not null,
  call_id bytea not null,
  tool bytea not null,
  idempotent boolean not null,
  begun bigint not null,
  state smallint not null,             -- 0 begun, 1 waiting, 2 finished
  answer bytea                         -- JSON of the block
);
-- A key has any length, and an entry of an index has not.
create unique index effect_key on @.effect(sid, sha256(key));
create index effect_turn on @.effect(sid, turn);

-- Submits with idempotency keys.
create table @.request(
  sid bigint not null,
  key bytea not null,
  digest bytea not null,
  run bytea not null,
  primary key(sid, key)
);

-- Consecutive events.
create table @.event(
  sid bigint not null,
  first_seq bigint not null,
  last_seq bigint not null,
  cid bigint,                          -- its context
  body bytea not null,                 -- JSON without the context
  lens bytea                           -- lengths of merged deltas
);
create unique index event_seq on @.event(sid, last_seq);

-- Distinct contexts of the events of a session: metadata and correlation.
create table @.context(
  cid bigint generated always as identity primary key,
  sid bigint not null,
  hash bytea not null,
  body bytea not null
);
create unique index context_hash on @.context(sid, hash);

-- Deleted sessions whose content remains.
create table @.garbage(
  sid bigint primary key,
  id bytea not null,
  head bigint
);
create index garbage_id on @.garbage(id);

-- Blocks that may have no reference.
create table @.loose(
  bid bigint primary key
);

-- For people.
create view @.sessions as
  select encode(id, 'escape') as id, encode(owner, 'escape') as owner, encode(address, 'escape') as address, epoch,
         expires_at, turns, last_seq, open_run, encode(title, 'escape') as title,
         encode(group_name, 'escape') as group_name
  from @.session;

-- Claims a session, and creates it if it does not exist. Time is that of the database, after the lock was granted.
create function @.claim_1(p_again boolean, p_id bytea, p_owner bytea, p_address bytea, p_ttl bigint, p_takes boolean,
                          out o_epoch bigint, out o_owner bytea, out o_turns bigint)
language plpgsql as $$
declare
  s @.session;
begin
  loop
    select * into s from @.session where id = p_id for no key update;
    exit when found;
    insert into @.session(id, updated_at) values (p_id, -9223372036854775808) on conflict (id) do nothing;
  end loop;
  if s.owner is not null and s.owner <> p_owner and not p_takes
     and (s.expires_at is null or s.expires_at > clock_timestamp()) then
    o_owner := s.owner;
    return;
  end if;
  o_epoch := nextval('@.epoch');
  o_turns := s.turns;
  update @.session
  set epoch = o_epoch, owner = p_owner, address = p_address, ttl = p_ttl, last_batch = 0,
      expires_at = clock_timestamp() + p_ttl * interval '1 millisecond'
  where sid = s.sid;
end $$;

-- Renews leases. Returns the positions of the valid ones.
create function @.renew_1(p_again boolean, p_ids bytea[], p_epochs bigint[], p_ttls bigint[], out o_valid bigint[])
language plpgsql as $$
begin
  with own as (
    select * from unnest(p_ids, p_epochs, p_ttls) with ordinality as o(id, epoch, ttl, n)
  ), locked as (
    select s.sid, own.ttl, own.n from own join @.session s on s.id = own.id
    where s.epoch = own.epoch and s.owner is not null
    order by s.sid for no key update of s
  ), renewed as (
    update @.session s set expires_at = clock_timestamp() + l.ttl * interval '1 millisecond'
    from locked l where s.sid = l.sid returning l.n
  )
  select coalesce(array_agg(n), '{}') into o_valid from renewed;
end $$;

create function @.release_1(p_again boolean, p_id bytea, p_epoch bigint, out o_valid boolean)
language plpgsql as $$
begin
  update @.session set owner = null, address = null, expires_at = null
  where id = p_id and epoch = p_epoch and (owner is not null or p_again);
  o_valid := found;
end $$;

-- Removes blocks without references. One that somebody else has locked is left for later: to wait for it could be a
-- deadlock.
create function @.drop_blocks(p_bids bigint[]) returns void
language plpgsql as $$
declare
  free bigint[];
begin
  if cardinality(p_bids) > 0 then
    with own as (select bid from @.block where bid = any(p_bids) for update skip locked)
    select coalesce(array_agg(bid), '{}') into free from own;
    insert into @.loose(bid) select distinct bid from unnest(p_bids) as b(bid) where bid <> all(free)
    on conflict do nothing;
    delete from @.block b where bid = any(free) and not exists (select 1 from @.position p where p.bid = b.bid);
  end if;
end $$;

-- Removes a reference to a turn, and if it was the last one, the turn, and its reference to the turn before it.
-- Returns that turn if more than p_most blocks would have to be removed.
create function @.release_turn(p_tid bigint, p_most bigint) returns bigint
language plpgsql as $$
declare
  own bigint[];
  removed bigint := 0;
  t record;
begin
  while p_tid is not null loop
    if removed > p_most then
      return p_tid;
    end if;
    select prev, refs into t from @.turn where tid = p_tid for update;
    if not found then
      return null;
    end if;
    if t.refs > 1 then
      update @.turn set refs = refs - 1 where tid = p_tid;
      return null;
    end if;
    with gone as (delete from @.position where tid = p_tid returning bid)
    select coalesce(array_agg(bid), '{}') into own from gone;
    perform @.drop_blocks(own);
    delete from @.turn where tid = p_tid;
    removed := removed + cardinality(own) + 1;
    p_tid := t.prev;
  end loop;
  return null;
end $$;

-- Returns the turn that has the last of the first p_kept blocks, from p_base on.
create function @.base_above(p_base bigint, p_kept bigint) returns bigint
language plpgsql as $$
declare
  t record;
begin
  if p_kept = 0 then
    return null;
  end if;
  while p_base is not null loop
    select kept, base into t from @.turn where tid = p_base;
    if t.kept < p_kept then
      return p_base;
    end if;
    p_base := t.base;
  end loop;
  raise exception 'a turn has fewer blocks than it shares' using errcode = 'data_corrupted';
end $$;

-- Appends the next p_count blocks of a cursor to a turn.
create function @.put_blocks(p_tid bigint, p_from bigint, p_count bigint, p_blocks refcursor) returns void
language plpgsql as $$
declare
  one record;
  own bigint;
begin
  for i in 0 .. p_count - 1 loop
    fetch p_blocks into one;
    loop
      select bid into own from @.block where hash = one.hash for key share;
      exit when found;
      insert into @.block(hash, body) values (one.hash, one.body) on conflict (hash) do nothing returning bid into own;
      exit when found;
    end loop;
    insert into @.position(tid, pos, bid) values (p_tid, p_from + i, own);
  end loop;
end $$;

-- Appends a turn after p_head, or replaces it. Returns the new latest turn.
create function @.put_turn(p_head bigint, p_appends boolean, p_kept bigint, p_count bigint, p_body bytea,
                           p_blocks refcursor) returns bigint
language plpgsql as $$
declare
  h @.turn;
  n record;
  own bigint[];
  o_jump bigint;
  o_jump_idx bigint;
  o_base bigint;
  o_kept bigint;
  made bigint;
begin
  if p_head is not null then
    select * into strict h from @.turn where tid = p_head for update;
  end if;
  if p_head is null or p_appends then
    if p_head is not null then
      -- E. W. Myers, "An applicative random-access stack", 1983.
      o_jump := h.tid;
      o_jump_idx := h.idx;
      if h.jump is not null then
        select jump, jump_idx into n from @.turn where tid = h.jump;
        if h.idx - h.jump_idx = h.jump_idx - coalesce(n.jump_idx, h.jump_idx) then
          o_jump := coalesce(n.jump, h.jump);
          o_jump_idx := coalesce(n.jump_idx, h.jump_idx);
        end if;
      end if;
      if p_kept > h.kept then
        o_base := h.tid;
      else
        o_base := @.base_above(h.base, p_kept);
      end if;
    end if;
    -- The reference of the session becomes that of the new turn.
    insert into @.turn(prev, base, jump, jump_idx, idx, kept, len, refs, head)
    values (p_head, o_base, o_jump, o_jump_idx, coalesce(h.idx + 1, 0), p_kept, p_kept + p_count, 1, p_body)
    returning tid into made;
    perform @.put_blocks(made, p_kept, p_count, p_blocks);
    return made;
  end if;
  o_kept := least(h.kept, p_kept);
  o_base := h.base;
  if p_kept < h.kept then
    o_base := @.base_above(h.base, p_kept);
  end if;
  if h.refs = 1 then
    with gone as (delete from @.position where tid = h.tid and pos >= p_kept returning bid)
    select coalesce(array_agg(bid), '{}') into own from gone;
    perform @.put_blocks(h.tid, p_kept, p_count, p_blocks);
    update @.turn set base = o_base, kept = o_kept, len = p_kept + p_count, head = p_body where tid = h.tid;
    -- Last, so that blocks that the new version has too are not written again.
    perform @.drop_blocks(own);
    return h.tid;
  end if;
  -- A fork has the turn too: it is replaced by a turn of its own.
  insert into @.turn(prev, base, jump, jump_idx, idx, kept, len, refs, head)
  values (h.prev, o_base, h.jump, h.jump_idx, h.idx, o_kept, p_kept + p_count, 1, p_body)
  returning tid into made;
  perform 1 from @.block where bid in (select bid from @.position where tid = h.tid and pos < p_kept) for key share;
  insert into @.position(tid, pos, bid) select made, pos, bid from @.position where tid = h.tid and pos < p_kept;
  perform @.put_blocks(made, p_kept, p_count, p_blocks);
  update @.turn set refs = refs + 1 where tid = h.prev;
  update @.turn set refs = refs - 1 where tid = h.tid;
  return made;
end $$;

-- Applies a batch. o_code: 0 applied, 1 fenced, 2 number, 3 no turn to remove, 4 index of a turn, 5 shared blocks,
-- 6 turn of the run, 7 numbers of events, 8 effect not begun, 9 request exists, 10 its key is too long. o_at is the
-- place of what is wrong, from 1, and o_is what there is instead.
create function @.append_1(
  p_again boolean, p_id bytea, p_epoch bigint, p_number bigint, p_drops boolean,
  t_index bigint[], t_kept bigint[], t_count bigint[], t_head bytea[], b_hash bytea[], b_body bytea[],
  e_kind smallint[], e_check smallint[], e_key bytea[], e_turn bigint[], e_run bytea[], e_call bytea[], e_tool bytea[],
  e_idempotent boolean[], e_answer bytea[],
  v_first bigint[], v_last bigint[], v_context bigint[], v_body bytea[], v_lens bytea[], c_hash bytea[], c_body bytea[],
  r_kind smallint[], r_check smallint[], r_key bytea[], r_digest bytea[], r_run bytea[],
  p_run bytea, p_open boolean, p_run_turn bigint, p_title bytea, p_group bytea, p_at bigint, p_activity boolean,
  out o_code integer, out o_at bigint, out o_is bigint, out o_turns bigint, out o_seq bigint)
language plpgsql as $$
declare
  s @.session;
  one record;
  n_turns bigint;
  n_len bigint;
  n_head bigint;
  n_cid bigint;
  cids bigint[] := '{}';
  blocks refcursor;
begin
  select * into s from @.session where id = p_id for no key update;
  if not found or s.owner is null or s.epoch <> p_epoch then
    o_code := 1;
    return;
  end if;
  o_turns := s.turns;
  o_seq := s.last_seq;
  if p_number = s.last_batch and p_number <> 0 then
    o_code := 0;
    return;
  end if;
  if p_number <> s.last_batch + 1 then
    o_code := 2;
    o_is := s.last_batch + 1;
    return;
  end if;

  -- Checks. Nothing is changed before all of them have passed.
  n_turns := s.turns;
  n_head := s.head;
  if p_drops then
    if n_head is null then
      o_code := 3;
      return;
    end if;
    n_turns := n_turns - 1;
    select prev into n_head from @.turn where tid = n_head;
  end if;
  if cardinality(t_index) > 0 then
    n_len := coalesce((select len from @.turn where tid = n_head), 0);
    for one in select * from unnest(t_index, t_kept, t_count) with ordinality as t(i, kept, count, n) order by n loop
      if one.i <> n_turns and one.i + 1 <> n_turns then
        o_code := 4; o_at := one.n; o_is := n_turns;
        return;
      end if;
      if one.kept > n_len then
        o_code := 5; o_at := one.n; o_is := n_len;
        return;
      end if;
      n_turns := one.i + 1;
      n_len := one.kept + one.count;
    end loop;
  end if;
  if p_run_turn >= n_turns then
    o_code := 6; o_is := n_turns;
    return;
  end if;
  if cardinality(v_first) > 0 then
    for one in select * from unnest(v_first, v_last) with ordinality as v(f, l, n) order by n loop
      if one.f <> o_seq + 1 or one.l < one.f then
        o_code := 7; o_at := one.n; o_is := o_seq + 1;
        return;
      end if;
      o_seq := one.l;
    end loop;
  end if;
  if cardinality(e_key) > 0 then
    select min(n) into o_at from unnest(e_check, e_key) with ordinality as e(c, k, n)
    where c = 1 and not exists (
      select 1 from @.effect f where f.sid = s.sid and sha256(f.key) = sha256(e.k)
      and (not p_drops or f.turn <> s.turns - 1));
    if o_at is not null then
      o_code := 8;
      return;
    end if;
  end if;
  if cardinality(r_key) > 0 then
    select n, c into one from unnest(r_check, r_key) with ordinality as r(c, k, n)
    where c = 3 or c = 2 or c = 1 and exists (select 1 from @.request q where q.sid = s.sid and q.key = r.k)
    order by n limit 1;
    if found then
      o_code := case when one.c = 3 then 10 else 9 end;
      o_at := one.n;
      return;
    end if;
  end if;

  -- Changes.
  n_head := s.head;
  if p_drops then
    select prev into n_head from @.turn where tid = s.head;
    update @.turn set refs = refs + 1 where tid = n_head;
    perform @.release_turn(s.head, 9223372036854775807);
    delete from @.effect where sid = s.sid and turn = s.turns - 1;
  end if;
  if cardinality(t_index) > 0 then
    -- In the order of their hashes, in which all wait for each other.
    insert into @.block(hash, body) select hash, body from unnest(b_hash, b_body) as b(hash, body)
    where not exists (select 1 from @.block k where k.hash = b.hash) order by hash on conflict (hash) do nothing;
    open blocks for select hash, body from unnest(b_hash, b_body) with ordinality as b(hash, body, n) order by n;
    n_turns := case when p_drops then s.turns - 1 else s.turns end;
    for one in select * from unnest(t_index, t_kept, t_count, t_head) with ordinality as t(i, kept, count, head, n)
               order by n loop
      n_head := @.put_turn(n_head, one.i = n_turns, one.kept, one.count, one.head, blocks);
      n_turns := one.i + 1;
    end loop;
    close blocks;
  end if;
  if cardinality(e_key) > 0 then
    for one in select * from unnest(e_kind, e_key, e_turn, e_run, e_call, e_tool, e_idempotent, e_answer)
               with ordinality as e(kind, key, turn, run, call, tool, idempotent, answer, n) order by n loop
      if one.kind = 0 then
        insert into @.effect as e(sid, key, turn, run, call_id, tool, idempotent, begun, state)
        values (s.sid, one.key, one.turn, one.run, one.call, one.tool, one.idempotent, 1, 0)
        on conflict (sid, sha256(key)) do update
        set turn = excluded.turn, run = excluded.run, call_id = excluded.call_id, tool = excluded.tool,
            idempotent = excluded.idempotent, begun = least(e.begun + 1, 4294967295), state = 0, answer = null,
            eid = case when e.turn = excluded.turn then e.eid else excluded.eid end;
      else
        update @.effect set state = one.kind, answer = one.answer where sid = s.sid and sha256(key) = sha256(one.key);
      end if;
    end loop;
  end if;
  if cardinality(v_first) > 0 then
    for one in select * from unnest(c_hash, c_body) with ordinality as c(hash, body, n) order by n loop
      select cid into n_cid from @.context where sid = s.sid and hash = one.hash;
      if not found then
        insert into @.context(sid, hash, body) values (s.sid, one.hash, one.body) returning cid into n_cid;
      end if;
      cids := cids || n_cid;
    end loop;
    insert into @.event(sid, first_seq, last_seq, cid, body, lens)
    select s.sid, f, l, cids[c], body, lens
    from unnest(v_first, v_last, v_context, v_body, v_lens) with ordinality as v(f, l, c, body, lens, n) order by n;
  end if;
  if cardinality(r_key) > 0 then
    for one in select * from unnest(r_kind, r_key, r_digest, r_run) with ordinality as r(kind, key, digest, run, n)
               order by n loop
      if one.kind = 0 then
        insert into @.request(sid, key, digest, run) values (s.sid, one.key, one.digest, one.run);
      else
        delete from @.request where sid = s.sid and key = one.key;
      end if;
    end loop;
  end if;
  o_turns := n_turns;
  update @.session
  set last_batch = p_number, turns = n_turns, last_seq = o_seq, head = n_head, run = coalesce(p_run, run),
      open_run = coalesce(p_open, open_run), cancel = cancel and coalesce(p_open, open_run),
      title = coalesce(p_title, title), group_name = coalesce(p_group, group_name),
      created_at = coalesce(created_at, p_at),
      updated_at = case when p_activity or updated_at = -9223372036854775808 then p_at else updated_at end,
      expires_at = clock_timestamp() + ttl * interval '1 millisecond'
  where sid = s.sid;
  o_code := 0;
end $$;

-- Creates a session with the history of another one. o_code: 0 created, 1 no session, 2 no turn, 3 exists.
create function @.fork_1(p_again boolean, p_from bytea, p_index bigint, p_to bytea, p_at bigint, out o_code integer)
language plpgsql as $$
declare
  s @.session;
  t record;
begin
  -- The latest turn is not replaced in the meantime.
  select * into s from @.session where id = p_from for share;
  if not found then
    o_code := 1;
    return;
  end if;
  select tid, idx, jump, jump_idx, prev into t from @.turn where tid = s.head;
  while t.idx > p_index loop
    select tid, idx, jump, jump_idx, prev into t from @.turn
    where tid = case when t.jump is not null and t.jump_idx >= p_index then t.jump else t.prev end;
  end loop;
  if t.idx is null or t.idx <> p_index then
    o_code := 2;
    return;
  end if;
  insert into @.session(id, turns, head, forked_from, forked_at, title, group_name, created_at, updated_at)
  values (p_to, t.idx + 1, t.tid, p_from, p_index, s.title, s.group_name, p_at, p_at)
  on conflict (id) do nothing;
  if found then
    update @.turn set refs = refs + 1 where tid = t.tid;
    o_code := 0;
  elsif p_again and exists (
    select 1 from @.session where id = p_to and forked_from = p_from and forked_at = p_index and created_at = p_at
    and epoch = 0) then
    o_code := 0;
  else
    o_code := 3;
  end if;
end $$;

-- Deletes a session at once; its content becomes garbage.
create function @.delete_1(p_again boolean, p_id bytea, out o_existed boolean)
language plpgsql as $$
declare
  s record;
begin
  delete from @.session where id = p_id returning sid, head into s;
  o_existed := found or p_again and exists (select 1 from @.garbage where id = p_id);
  if s.sid is not null then
    insert into @.garbage(sid, id, head) values (s.sid, p_id, s.head);
  end if;
end $$;

-- Removes some of the content of deleted sessions. Returns true if there is no more that nobody else removes.
create function @.collect_1(p_again boolean, p_step bigint, out o_clean boolean)
language plpgsql as $$
declare
  g record;
  removed bigint;
  more bigint;
  own bigint[];
begin
  with old as (select bid from @.loose limit p_step for update skip locked),
  gone as (delete from @.loose l using old s where l.bid = s.bid returning l.bid)
  select coalesce(array_agg(bid), '{}') into own from gone;
  if cardinality(own) > 0 then
    delete from @.block b where bid = any(array(select bid from @.block where bid = any(own) for update skip locked))
    and not exists (select 1 from @.position p where p.bid = b.bid);
  end if;
  select sid, head into g from @.garbage order by sid limit 1 for update skip locked;
  o_clean := not found;
  if o_clean then
    return;
  end if;
  delete from @.event where ctid = any(array(select ctid from @.event where sid = g.sid limit p_step));
  get diagnostics removed = row_count;
  delete from @.effect where ctid = any(array(select ctid from @.effect where sid = g.sid limit p_step));
  get diagnostics more = row_count;
  if removed + more >= p_step then
    return;
  end if;
  delete from @.context where sid = g.sid;
  delete from @.request where sid = g.sid;
  g.head := @.release_turn(g.head, p_step);
  if g.head is null then
    delete from @.garbage where sid = g.sid;
  else
    update @.garbage set head = g.head where sid = g.sid;
  end if;
end $$;

-- Asks the owner of a session to cancel its run.
create function @.ask_cancel_1(p_again boolean, p_id bytea, out o_asked boolean)
language plpgsql as $$
begin
  update @.session set cancel = true where id = p_id and open_run;
  o_asked := found;
end $$;

-- Returns the sessions of an owner whose run is to be cancelled, each once.
create function @.asked_cancels_1(p_again boolean, p_owner bytea, out o_ids bytea[])
language plpgsql as $$
begin
  with asked as (
    update @.session set cancel = false where cancel and owner = p_owner returning id
  )
  select coalesce(array_agg(id), '{}') into o_ids from asked;
end $$;
