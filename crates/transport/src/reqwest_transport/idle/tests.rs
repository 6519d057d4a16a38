use super::*;

#[test]
fn each_reply_that_was_read_counts_once_and_for_its_server() {
    let idle = IdleConnections::default();
    let [a, b] = ["http://a/v1", "http://b/v1"].map(|own| Url::parse(own).unwrap());
    for _ in 0..3 {
        idle.lent(&a).now();
    }
    drop(idle.lent(&a));
    let other = Url::parse("http://a/v2").unwrap();
    let taken: Vec<bool> = [&b, &a, &other, &a, &a, &a]
        .map(|own| idle.take(own))
        .to_vec();
    assert_eq!(taken, [false, true, true, true, false, false]);
}
