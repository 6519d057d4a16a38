//! Rules that a query can check.

/// Queries that return a sentence for each row that breaks a rule.
pub(super) const RULES: &[&str] = &[
    "select 'block ' || bid || ' counts ' || refs || ' references of ' || coalesce(n, 0) \
     from block left join (select bid, count(*) as n from position group by bid) using(bid) \
     where refs <> coalesce(n, 0)",
    "select 'turn ' || tid || ' has a block ' || bid || ' that is missing' \
     from position where bid not in (select bid from block)",
    "select 'a position of turn ' || tid || ' is left' \
     from position where tid not in (select tid from turn)",
    "select 'block ' || bid || ' has a key that is not its hash' from block \
     where length(hash) <> 32",
    "select 'turn ' || tid || ' counts ' || refs || ' references of ' || coalesce(n, 0) \
     from turn left join (select tid, count(*) as n from (\
       select prev as tid from turn union all select head from session \
       union all select head from garbage) where tid is not null group by tid) using(tid) \
     where refs <> coalesce(n, 0)",
    "select 'turn ' || turn.tid || ' has ' || coalesce(n, 0) || ' blocks of its own instead of ' || \
       (len - kept) from turn left join (\
       select tid, count(*) as n, min(pos) as low, max(pos) as high from position group by tid) \
       as own using(tid) \
     where coalesce(n, 0) <> len - kept or (n > 0 and (low <> kept or high <> len - 1))",
    "select 'turn ' || own.tid || ' does not follow the turn before it' \
     from turn as own left join turn as before on before.tid = own.prev \
     where own.idx <> coalesce(before.idx + 1, 0) or own.kept > coalesce(before.len, 0) \
       or (own.prev is not null and before.tid is null)",
    "select 'turn ' || own.tid || ' has no base for its blocks' \
     from turn as own left join turn as below on below.tid = own.base \
     where (own.kept = 0) <> (own.base is null) \
       or (own.base is not null and (below.tid is null or below.kept >= own.kept \
         or below.len < own.kept or below.idx >= own.idx))",
    "select 'turn ' || own.tid || ' jumps to a turn that is not where it says' \
     from turn as own left join turn as target on target.tid = own.jump \
     where own.prev is not null \
       and (target.idx is not own.jump_idx or own.jump_idx >= own.idx or own.jump is null)",
    "select 'session ' || quote(id) || ' has ' || turns || ' turns and not those of its latest' \
     from session left join turn on tid = session.head \
     where turns <> coalesce(idx + 1, 0) or (session.head is not null and tid is null)",
    "select 'the events of session ' || quote(id) || ' have a gap before ' || first_seq from (\
       select sid, first_seq, lag(last_seq, 1, 0) over (partition by sid order by last_seq) as last \
       from event) join session using(sid) where first_seq <> last + 1",
    "select 'session ' || quote(id) || ' has events up to ' || coalesce(n, 0) || ' instead of ' || \
       last_seq from session left join (\
       select sid, max(last_seq) as n from event group by sid) using(sid) \
     where last_seq <> coalesce(n, 0)",
    "select 'event ' || rid || ' has a context that is missing' from event \
     where cid is not null and cid not in (select cid from context)",
    "select what || ' ' || id || ' belongs to no session' from (\
       select 'event' as what, rid as id, sid from event \
       union all select 'effect', eid, sid from effect \
       union all select 'request', qid, sid from request \
       union all select 'context', cid, sid from context) \
     where sid not in (select sid from session union all select sid from garbage)",
    "select 'string ' || pid || ' has no content' from part \
     where pid not in (select pid from part_body)",
    "select 'the content of string ' || pid || ' is left' from part_body \
     where pid not in (select pid from part)",
    "select 'session ' || quote(id) || ' has an epoch that was never given' from session, store \
     where session.epoch > store.epoch",
];
