use rusqlite::Connection;
use serde_json::{Value, json};

use super::{Content, LONG, join, remove_parts};

fn tables() -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    let schema = include_str!("../schema/version_1.sql");
    conn.execute_batch(schema).unwrap();
    conn
}

fn count(conn: &Connection) -> i64 {
    conn.query_row("select count(*) from part_body", [], |row| row.get(0))
        .unwrap()
}

/// Texts of which some are cut out: around the limit, and with what JSON escapes at every place.
fn values() -> Vec<Value> {
    let long = |text: &str| text.repeat(LONG.div_ceil(text.len()));
    let just = "x".repeat(LONG);
    let under = "x".repeat(LONG - 1);
    vec![
        json!({}),
        json!({"a": under}),
        json!({"a": just, "b": [just, {"c": just}], "d": under}),
        json!({just.clone(): 1}),
        json!({"a": long("\""), "b": long("\\"), "c": long("\\\"")}),
        json!({"a": format!("\"{just}\\"), "b": "\\", "c": "\"", "d": long("é😀\n")}),
        json!([just, just, "", just]),
        json!(just),
    ]
}

#[test]
fn what_is_cut_out_is_put_back_where_it_was() {
    let conn = tables();
    let mut lists = Vec::new();
    for value in values() {
        let json = value.to_string();
        let content = Content::new(json.clone());
        let list = content.add_parts(&conn).unwrap();
        let joined = join(&conn, content.body(), list.as_deref()).unwrap();
        assert_eq!(joined, json);
        lists.push((json, content.body(), list));
    }
    // The distinct ones: `just`, five with escapes.
    assert_eq!(count(&conn), 6);
    for (json, body, list) in lists {
        assert_eq!(join(&conn, body, list.as_deref()).unwrap(), json);
        remove_parts(&conn, list.as_deref()).unwrap();
    }
    assert_eq!(count(&conn), 0);
}

#[test]
fn text_that_is_no_json_does_no_harm() {
    for text in [
        "\"",
        "\"\\",
        "\"a\\\"",
        &"\"".repeat(LONG),
        &"\\".repeat(LONG + 1),
    ] {
        assert!(Content::new(text.to_owned()).long.is_empty(), "{text}");
    }
}

#[test]
fn a_part_that_is_missing_is_damage() {
    let conn = tables();
    let content = Content::new(json!(["x".repeat(LONG)]).to_string());
    let list = content.add_parts(&conn).unwrap();
    conn.execute_batch("delete from part_body").unwrap();
    let fault = join(&conn, content.body(), list.as_deref()).unwrap_err();
    assert!(fault.is_damage(), "{fault}");
    for damaged in [
        vec![0; 15],
        vec![0xFF; 16],
        [[0xFF, 0x7F].repeat(4), vec![1; 8]].concat(),
    ] {
        let fault = join(&conn, content.body(), Some(&damaged)).unwrap_err();
        assert!(fault.is_damage(), "{fault}");
    }
}
