use std::{
    fs,
    ops::Deref,
    path::{Path, PathBuf},
};

use geppetto_transport::{Request, memory::MemoryTransport, memory::Reply};
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};

use super::{Cassette, difference};

/// The folder of one test, removed on drop.
struct Folder(PathBuf);

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for Folder {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn folder(name: &str) -> Folder {
    let folder = std::env::temp_dir().join(format!("geppetto-{}-{name}", std::process::id()));
    // Left behind by an earlier process with the same id.
    let _ = fs::remove_dir_all(&folder);
    Folder(folder)
}

fn json_reply(body: &'static str) -> Reply {
    Reply::ok()
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .chunk(body)
}

fn request(body: &Value) -> Request {
    Request::post("http://localhost:1/v1/chat/completions").with_json(body.to_string())
}

async fn read(cassette: &Cassette, request: Request) -> (StatusCode, String) {
    use geppetto_transport::HttpTransport as _;
    let reply = cassette.transport().send(request).await.expect("a reply");
    let status = reply.status();
    let bytes = reply
        .into_body()
        .read_to_end(1 << 20)
        .await
        .expect("a body");
    (status, String::from_utf8(bytes.to_vec()).expect("text"))
}

#[tokio::test]
async fn a_reply_is_replayed_as_it_was_recorded() {
    let folder = folder("replayed");
    let replies = [
        Reply::new(StatusCode::TOO_MANY_REQUESTS)
            .header(
                "retry-after".parse().unwrap(),
                HeaderValue::from_static("3"),
            )
            .header(
                "set-cookie".parse().unwrap(),
                HeaderValue::from_static("a=b"),
            )
            .chunk("slow down"),
        json_reply("{\"n\": 1}"),
    ];
    let recorded = Cassette::record(&folder, MemoryTransport::new(replies)).unwrap();
    let asked = request(&json!({"model": "m"}));
    let first = read(&recorded, asked.clone()).await;
    let second = read(&recorded, asked.clone()).await;
    recorded.finish().unwrap();

    let replayed = Cassette::replay(&folder).unwrap();
    assert_eq!(read(&replayed, asked.clone()).await, first);
    assert_eq!(read(&replayed, asked).await, second);
    replayed.finish().unwrap();
    let meta = fs::read_to_string(folder.join("001-chat-completions/meta.json")).unwrap();
    let meta: Value = serde_json::from_str(&meta).unwrap();
    assert_eq!(meta["headers"], json!({"retry-after": "3"}));
}

#[tokio::test]
async fn an_unexpected_request_is_an_error_that_says_what_differs() {
    use geppetto_transport::HttpTransport as _;
    let folder = folder("unexpected");
    let recorded = Cassette::record(&folder, MemoryTransport::new([json_reply("{}")])).unwrap();
    read(
        &recorded,
        request(&json!({"messages": [{"content": "red"}], "n": 1})),
    )
    .await;
    recorded.finish().unwrap();

    let replayed = Cassette::replay(&folder).unwrap();
    let other = request(&json!({"n": 1, "messages": [{"content": "blue"}]}));
    let error = replayed
        .transport()
        .send(other)
        .await
        .expect_err("not recorded");
    let told = "/messages/0/content was recorded as \"red\" and is now \"blue\"";
    assert!(error.to_string().contains(told), "{error}");
    let error = replayed.finish().expect_err("neither used nor expected");
    assert!(error.to_string().contains(told), "{error}");
    assert!(
        error
            .to_string()
            .contains("`001-chat-completions` was recorded and not asked for")
    );
}

#[tokio::test]
async fn the_order_of_keys_makes_no_difference() {
    let folder = folder("keys");
    let recorded = Cassette::record(&folder, MemoryTransport::new([json_reply("{}")])).unwrap();
    let as_recorded = Request::post("http://h/v1/x").with_json(r#"{"a": 1, "b": [2]}"#);
    read(&recorded, as_recorded).await;
    recorded.finish().unwrap();

    let replayed = Cassette::replay(&folder).unwrap();
    read(
        &replayed,
        Request::post("http://h/v1/x").with_json(r#"{"b":[2],"a":1}"#),
    )
    .await;
    replayed.finish().unwrap();
}

#[tokio::test]
#[should_panic(expected = "was recorded and not asked for")]
async fn a_cassette_that_is_dropped_checks_as_well() {
    let folder = folder("dropped");
    let recorded = Cassette::record(&folder, MemoryTransport::new([json_reply("{}")])).unwrap();
    read(&recorded, request(&json!({}))).await;
    recorded.finish().unwrap();
    drop(Cassette::replay(&folder).unwrap());
}

#[tokio::test]
async fn recording_anew_replaces_the_interactions() {
    let folder = folder("anew");
    for body in ["{\"n\": 1}", "{\"n\": 2}"] {
        let recorded = Cassette::record(&folder, MemoryTransport::new([json_reply(body)])).unwrap();
        read(&recorded, request(&json!({}))).await;
        recorded.finish().unwrap();
    }
    let replayed = Cassette::replay(&folder).unwrap();
    assert_eq!(read(&replayed, request(&json!({}))).await.1, "{\"n\": 2}");
    replayed.finish().unwrap();
}

#[test]
fn an_empty_cassette_says_how_to_record_it() {
    let folder = folder("empty");
    fs::create_dir_all(&folder).unwrap();
    let error = Cassette::replay(&folder).expect_err("nothing to replay");
    assert!(
        error
            .to_string()
            .ends_with("record it with GEPPETTO_RECORD=1"),
        "{error}"
    );
}

#[test]
fn a_response_file_outside_of_the_cassette_is_refused() {
    let folder = folder("outside");
    let inside = folder.join("001-x");
    fs::create_dir_all(&inside).unwrap();
    let meta = json!({"status": 200, "response_file": "../../secret"}).to_string();
    fs::write(inside.join("meta.json"), meta).unwrap();
    let error = Cassette::replay(&folder).expect_err("refused");
    assert!(error.to_string().contains("is not a file name"), "{error}");
}

#[test]
fn the_first_difference_is_named_by_its_pointer() {
    let check = |a: Value, b: Value, said: Option<&str>| {
        assert_eq!(difference::first(&a, &b).as_deref(), said);
    };
    check(json!({"a": [1, 2]}), json!({"a": [1, 2]}), None);
    check(
        json!({"a": [1, 2]}),
        json!({"a": [1]}),
        Some("/a/1 was recorded as 2 and is now absent"),
    );
    check(
        json!({}),
        json!({"b": null}),
        Some("/b was recorded as absent and is now null"),
    );
    check(
        json!(1),
        json!("1"),
        Some("the body was recorded as 1 and is now \"1\""),
    );
}
