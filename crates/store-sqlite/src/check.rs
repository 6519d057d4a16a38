//! [`Report`]: what a check of the file found.

use std::collections::HashMap;

use geppetto_store::{BlockHash, Error};
use geppetto_turns::serial::from_json_str;
use rusqlite::{Connection, Row};

use crate::{
    SqliteStore,
    content::{join, parts},
    fault::Result,
};

mod rules;

/// Maximum number of problems in a report.
const MOST: usize = 100;

/// Result of [`SqliteStore::check`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Report {
    /// What is wrong, one sentence each, for people. At most 100 problems.
    pub problems: Vec<String>,
    /// Number of sessions.
    pub sessions: u64,
    /// Number of distinct blocks whose hash was compared.
    pub blocks: u64,
    /// Number of distinct long strings whose hash was compared.
    pub strings: u64,
}

impl Report {
    /// Returns `true` if nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    fn add(&mut self, problem: impl Into<String>) {
        if self.problems.len() < MOST {
            self.problems.push(problem.into());
        }
    }
}

impl SqliteStore {
    /// Checks the whole file: its structure, the hash of each block, and that everything that is
    /// referred to exists and counts its references. Reads everything, on one of the reading
    /// threads, while others write.
    ///
    /// # Errors
    ///
    /// Those of the storage. Damage that can be described is in the report.
    pub async fn check(&self) -> Result<Report, Error> {
        let checked = self.inner().workers.read(|conn| {
            let mut report = Report::default();
            match check_all(conn, &mut report) {
                // Damage of a page that the check itself needs.
                Err(fault) if fault.is_damage() => report.add(fault.to_string()),
                done => done?,
            }
            Ok(report)
        });
        checked.await
    }
}

fn check_all(conn: &Connection, report: &mut Report) -> Result<()> {
    check_structure(conn, report)?;
    if report.is_clean() {
        report.sessions = count(conn, "select count(*) from session")?;
        check_rules(conn, report)?;
        check_content(conn, report)?;
    }
    Ok(())
}

fn check_structure(conn: &Connection, report: &mut Report) -> Result<()> {
    let mut statement = conn.prepare(&format!("pragma integrity_check({MOST})"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let line: String = row.get(0)?;
        if line != "ok" {
            report.add(line);
        }
    }
    Ok(())
}

fn count(conn: &Connection, sql: &str) -> Result<u64> {
    crate::number::to_u64(conn.query_row(sql, [], |row| row.get(0))?)
}

fn check_rules(conn: &Connection, report: &mut Report) -> Result<()> {
    for sql in rules::RULES {
        let mut statement = conn.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            report.add(row.get::<_, String>(0)?);
        }
    }
    Ok(())
}

/// Compares hashes, and counts the references to long strings.
fn check_content(conn: &Connection, report: &mut Report) -> Result<()> {
    let mut references = HashMap::new();
    check_blocks(conn, report, &mut references)?;
    for (what, sql) in [
        ("turn", "select tid, head, parts from turn"),
        (
            "effect",
            "select eid, coalesce(answer, 'null'), parts from effect",
        ),
        ("event", "select rid, body, parts from event"),
    ] {
        let mut statement = conn.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            let json = checked(conn, row, (1, 2), report, &mut references)?;
            let is_json =
                json.is_some_and(|json| from_json_str::<serde::de::IgnoredAny>(&json).is_ok());
            if !is_json {
                report.add(format!("{what} {id} cannot be read"));
            }
        }
    }
    check_parts(conn, report, &references)
}

fn check_blocks(
    conn: &Connection,
    report: &mut Report,
    references: &mut HashMap<i64, i64>,
) -> Result<()> {
    let mut statement = conn.prepare("select bid, hash, size, body, parts from block")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (bid, hash, size): (i64, [u8; 32], i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let json = checked(conn, row, (3, 4), report, references)?;
        report.blocks += 1;
        let is_own = json.is_some_and(|json| {
            i64::try_from(json.len()) == Ok(size) && *BlockHash::of_json(&json).as_bytes() == hash
        });
        if !is_own {
            report.add(format!("block {bid} does not have the content of its hash"));
        }
    }
    Ok(())
}

/// Returns the JSON in these columns, and counts its references.
fn checked(
    conn: &Connection,
    row: &Row<'_>,
    (body, list): (usize, usize),
    report: &mut Report,
    references: &mut HashMap<i64, i64>,
) -> Result<Option<String>> {
    let body = match row.get_ref(body)?.as_bytes() {
        Ok(body) => body.to_vec(),
        Err(error) => return Err(rusqlite::Error::from(error).into()),
    };
    let list: Option<Vec<u8>> = row.get(list)?;
    let joined = parts(list.as_deref()).and_then(|parts| {
        for (_, pid) in parts {
            *references.entry(pid).or_default() += 1;
        }
        join(conn, body, list.as_deref())
    });
    Ok(match joined {
        Ok(json) => Some(json),
        Err(crate::fault::Fault::Store(error)) => {
            report.add(error.to_string());
            None
        }
        Err(other) => return Err(other),
    })
}

fn check_parts(
    conn: &Connection,
    report: &mut Report,
    references: &HashMap<i64, i64>,
) -> Result<()> {
    let sql = "select pid, refs, hash, body from part join part_body using(pid)";
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (pid, refs, hash): (i64, i64, [u8; 32]) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let body: Vec<u8> = row.get(3)?;
        report.strings += 1;
        let text = String::from_utf8_lossy(&body);
        if *BlockHash::of_json(&text).as_bytes() != hash {
            report.add(format!(
                "string {pid} does not have the content of its hash"
            ));
        }
        let found = references.get(&pid).copied().unwrap_or_default();
        if refs != found {
            report.add(format!("string {pid} counts {refs} references of {found}"));
        }
    }
    Ok(())
}
