//! Notes of the database, for the checker.

use anyhow::Result;
use geppetto_cluster::Postgres;

/// Notes every change of a session, for the checker: nothing of the store knows of it.
const AUDIT: &str = "
create table geppetto.audit(n bigint generated always as identity, at timestamptz default clock_timestamp(),
    sid bigint, epoch bigint, owner bytea, last_batch bigint, turns bigint, last_seq bigint);
create function geppetto.note() returns trigger language plpgsql as $$ begin
    insert into geppetto.audit(sid, epoch, owner, last_batch, turns, last_seq)
    values (new.sid, new.epoch, new.owner, new.last_batch, new.turns, new.last_seq);
    return null; end $$;
create trigger note after insert or update on geppetto.session for each row execute function geppetto.note();
";

/// Begins to note changes.
pub(crate) fn begin(postgres: &Postgres) -> Result<()> {
    postgres.sql(AUDIT).map(drop)
}
