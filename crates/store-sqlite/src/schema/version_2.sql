-- Format 2. Finds the sessions with a run that has not ended without reading the others, and limits a lease by its
-- length, for clocks that are set back.

alter table session add column open_run integer not null default 0;  -- 1: the last run has not ended
alter table session add column ttl integer;                          -- of the lease, in milliseconds
update session set open_run = 1 where run is not null and json_type(run, '$.phase.ended') is null;
create index session_open on session(id) where open_run = 1;
