//! [`Import`]: reads a session from JSON lines.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use geppetto_engine::{IdSource as _, RandomIds};
use geppetto_events::{Event, EventRow};
use geppetto_turns::{Turn, serial::json_value};
use serde::Deserialize as _;

use super::line::{EffectLine, Header, Line, VERSION, time};
use crate::{
    Batch, Claim, EffectStart, EffectWrite, Error, ErrorKind, RunRecord, SessionInfo, SessionStore,
    TurnRow,
};

/// Maximum size of an imported session, in bytes of its lines: 1 GiB.
pub const MAX_ARCHIVE_BYTES: usize = 1 << 30;

/// A session that is read from the lines of an [`Export`](crate::Export), or made from turns.
///
/// It is written as one batch: a session is imported entirely or not at all. Events are numbered
/// again from 1, and name the new id where they named the exported one.
#[derive(Default)]
pub struct Import {
    lines: usize,
    bytes: usize,
    /// Id of the exported session; `None` before the first line.
    id: Option<String>,
    created_at: Option<SystemTime>,
    updated_at: Option<SystemTime>,
    title: Option<String>,
    group: Option<String>,
    turns: Vec<TurnRow>,
    /// Number of blocks of the last turn.
    blocks: usize,
    effects: Vec<EffectLine>,
    events: Vec<Event>,
    run: Option<RunRecord>,
    /// Number of events until the last step of the run.
    run_events: u64,
    /// Number of turns, and of the last event, that the first line announces.
    announced: (u64, u64),
    /// Number of the last event, in the exported session.
    last_seq: u64,
    partial: bool,
}

impl Import {
    /// Creates an empty import.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates the import of a session with these turns, each the entire conversation at that
    /// point. Blocks that a turn shares with the one before it are stored once.
    #[must_use]
    pub fn of_turns(turns: impl IntoIterator<Item = Turn>) -> Self {
        let mut import = Self::new();
        let mut last: Option<Turn> = None;
        for turn in turns {
            let kept = last.as_ref().map_or(0, |last| same_blocks(last, &turn));
            import
                .turns
                .push(TurnRow::after(import.turns.len() as u64, kept, &turn));
            last = Some(turn);
        }
        import
    }

    /// Sets the time of the session, for listings. By default, that of the exported session, or the
    /// current time.
    #[must_use]
    pub fn at(mut self, updated_at: SystemTime) -> Self {
        self.updated_at = Some(updated_at);
        self
    }

    /// Sets the title of the session, for listings.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets the group of the session, such as the user that it belongs to. By default, that of the
    /// exported session.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Writes what is there of an export that was cut off. By default, that is an error.
    #[must_use]
    pub fn partial(mut self) -> Self {
        self.partial = true;
        self
    }

    /// Returns what an export that was cut off between two lines lacks; `None` if it is complete, or
    /// of an earlier program, whose exports do not tell.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        let (turns, seq) = self.announced;
        let read = self.turns.len() as u64;
        if read < turns {
            return Some(format!(
                "the export is cut off after {read} of {turns} turns"
            ));
        }
        let last = self.last_seq;
        (last < seq).then(|| format!("the export is cut off after event {last} of {seq}"))
    }

    /// Reads a line. Blank lines are skipped.
    ///
    /// # Errors
    ///
    /// [`TooNew`](ErrorKind::TooNew) if a newer version wrote the lines.
    /// [`Invalid`](ErrorKind::Invalid), with the number of the line, if it is not a line of an
    /// export, or if there are more than [`MAX_ARCHIVE_BYTES`].
    pub fn line(&mut self, line: &str) -> Result<(), Error> {
        self.lines += 1;
        self.bytes = self.bytes.saturating_add(line.len());
        if self.bytes > MAX_ARCHIVE_BYTES {
            let message = format!("the session has more than {MAX_ARCHIVE_BYTES} bytes");
            return Err(self.invalid(message));
        }
        if line.trim().is_empty() {
            return Ok(());
        }
        let value = json_value(line).map_err(|error| self.invalid(&error))?;
        if let Some(version) = value
            .pointer("/session/version")
            .and_then(serde_json::Value::as_u64)
            && version > u64::from(VERSION)
        {
            let message = format!(
                "the session was exported in format {version}, and this program reads up to \
                 {VERSION}; update it"
            );
            return Err(Error::new(ErrorKind::TooNew, message));
        }
        let line = Line::deserialize(value).map_err(|error| self.invalid(&error))?;
        match (line, self.id.is_some()) {
            (Line::Session(header), false) => self.header(*header),
            (Line::Session(_), true) => {
                return Err(self.invalid("a second session begins; import them one by one"));
            }
            (_, false) => return Err(self.invalid("the first line must be the session")),
            (Line::Turn(turn), true) => {
                let row = turn.into_row(self.turns.len() as u64);
                if row.kept > self.blocks {
                    return Err(self.invalid(format!(
                        "the turn keeps {} blocks of the {} before it",
                        row.kept, self.blocks
                    )));
                }
                self.blocks = row.kept + row.blocks.len();
                self.turns.push(row);
            }
            (Line::Effect(effect), true) => {
                if effect.begun == 0 || effect.begun > MAX_BEGUN {
                    let message = format!(
                        "an effect begins 1 to {MAX_BEGUN} times, not {}",
                        effect.begun
                    );
                    return Err(self.invalid(message));
                }
                self.effects.push(*effect);
            }
            (Line::Event(event), true) => self.event(event.into_owned()),
        }
        Ok(())
    }

    /// Returns the id of the exported session, once its first line was read.
    #[must_use]
    pub fn exported_id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Writes the session under an id, which is free afterwards.
    ///
    /// # Errors
    ///
    /// [`Exists`](ErrorKind::Exists) if there is a session with this id,
    /// [`Held`](ErrorKind::Held) if another import writes it,
    /// [`Invalid`](ErrorKind::Invalid) if no line was read or the export was cut off, and those of
    /// [`SessionStore::append`].
    pub async fn write<S: SessionStore + ?Sized>(
        self,
        store: &S,
        session: &str,
    ) -> Result<SessionInfo, Error> {
        if self.id.is_none() && self.turns.is_empty() {
            return Err(Error::invalid("there is no session to import"));
        }
        if let Some(missing) = self.missing().filter(|_| !self.partial) {
            return Err(Error::invalid(missing));
        }
        match store.info(session).await {
            // Left by an import whose process ended.
            Ok(info) if info.created_at.is_none() && info.turns == 0 => {}
            Ok(_) => return Err(exists(session)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let batch = Arc::new(self.into_batch(session));
        // Each import is an owner of its own, so that none fences another one.
        let owner = format!("import {}", RandomIds::new().next_id());
        let claim = Claim::new(owner).expiring_after(LEASE);
        let opened = store.open(session, &claim).await?;
        if opened.info.created_at.is_some() || opened.info.turns > 0 {
            store.release(&opened.lease).await?;
            return Err(exists(session));
        }
        if let Err(error) = store.append(&opened.lease, batch).await {
            // An empty session would stay. The first error says more than that of the clean-up.
            if !error.is_fenced() {
                let _ = store.delete(session).await;
            }
            return Err(error);
        }
        store.release(&opened.lease).await?;
        store.info(session).await
    }

    fn header(&mut self, header: Header) {
        self.created_at = header.created_at_ms.and_then(time);
        self.updated_at = self.updated_at.or(header.updated_at_ms.and_then(time));
        self.title = self.title.take().or(header.title);
        self.group = self.group.take().or(header.group);
        self.run = header.run;
        self.announced = (header.turns, header.last_seq);
        self.id = Some(header.id);
    }

    fn event(&mut self, event: Event) {
        self.last_seq = event.seq;
        self.events.push(event);
        if let (Some(run), Some(event)) = (&self.run, self.events.last())
            && event.seq <= run.seq
        {
            self.run_events = self.events.len() as u64;
        }
    }

    fn into_batch(self, session: &str) -> Batch {
        let at = self
            .updated_at
            .or(self.created_at)
            .unwrap_or_else(SystemTime::now);
        let (turns, missing) = (self.turns.len() as u64, self.missing());
        let turn = turns.saturating_sub(1);
        let from = self.id.as_deref().unwrap_or(session);
        let events = self.events.into_iter().zip(1..);
        let events = events.map(|(event, seq)| renumbered(event, seq, from, session));
        let mut batch = Batch::new(1, at).synced().events(events);
        batch.title = self.title;
        batch.group = self.group;
        batch.turns = self.turns;
        batch.effects = self
            .effects
            .iter()
            .flat_map(|line| writes(line, turn))
            .collect();
        // The turn of the run may be missing.
        let run = self.run.filter(|run| missing.is_none() || run.turn < turns);
        batch.run = run.map(|mut run| {
            run.seq = self.run_events;
            run
        });
        batch
    }

    fn invalid(&self, problem: impl fmt::Display) -> Error {
        Error::invalid(format!("line {}: {problem}", self.lines))
    }
}

impl fmt::Debug for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Import")
            .field("exported_id", &self.id)
            .field("lines", &self.lines)
            .finish_non_exhaustive()
    }
}

/// Time after which others may have a session whose import was given up, such as by a kill.
const LEASE: Duration = Duration::from_secs(60);

fn exists(session: &str) -> Error {
    let message = format!("session `{session}` exists; choose another id, or delete it");
    Error::new(ErrorKind::Exists, message)
}

/// Maximum number of times that an imported effect was begun.
const MAX_BEGUN: u32 = 1_000;

fn writes(line: &EffectLine, turn: u64) -> Vec<EffectWrite> {
    let start = EffectStart::new(&line.key, &line.run, turn).call(
        &line.call_id,
        &line.tool,
        line.idempotent,
    );
    let mut writes: Vec<EffectWrite> = (0..line.begun)
        .map(|_| EffectWrite::Begin(start.clone()))
        .collect();
    let key = line.key.clone();
    if let Some(answer) = &line.answer {
        let answer = Arc::new(answer.clone());
        writes.push(EffectWrite::Finish { key, answer });
    } else if line.waiting {
        writes.push(EffectWrite::Wait { key });
    }
    writes
}

/// Returns the number of equal blocks at the start of both turns.
fn same_blocks(a: &Turn, b: &Turn) -> usize {
    let shared = b.blocks.common_prefix(&a.blocks);
    let rest = a.blocks.range(shared..a.blocks.len());
    let others = b.blocks.range(shared..b.blocks.len());
    shared + rest.zip(others).take_while(|(a, b)| a == b).count()
}

/// Numbers an event, and replaces the id of the exported session.
fn renumbered(mut event: Event, seq: u64, from: &str, to: &str) -> EventRow {
    event.seq = seq;
    event.merged = 1;
    if event.meta.session_id.as_deref() == Some(from) && from != to {
        Arc::make_mut(&mut event.meta).session_id = Some(to.to_owned());
    }
    if event.correlation.session_id.as_deref() == Some(from) && from != to {
        Arc::make_mut(&mut event.correlation).session_id = Some(to.to_owned());
    }
    EventRow::single(event)
}
