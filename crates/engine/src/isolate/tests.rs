use super::*;

#[tokio::test]
async fn a_panic_is_an_error_that_names_its_cause() {
    let asked = wait::<()>("the journal", async { panic!("disk full") });
    let error = asked.await.unwrap_err();
    assert_eq!(error.to_string(), "the journal panicked: disk full");
    assert_eq!(error.kind(), ErrorKind::Panicked);
    assert_eq!(wait("nobody", async { 7 }).await.unwrap(), 7);
}

#[test]
fn a_future_that_panics_when_it_is_dropped_disturbs_nobody() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let bomb = Bomb;
    drop(Isolated::new(async move {
        let _bomb = bomb;
        std::future::pending::<()>().await;
    }));
}
