use super::*;

fn client() -> HttpClient {
    HttpClient::new(geppetto_transport::memory::MemoryTransport::new([]))
}

fn settings(timeout: Option<u64>) -> ClientSettings {
    let mut settings = ClientSettings::default();
    settings.timeout = timeout;
    settings
}

#[test]
fn a_time_limit_is_one_of_silence_and_never_of_the_whole() {
    let default = Timeouts::default();
    assert_eq!(timeouts(&settings(None), &client()), None);
    let seven = Duration::from_secs(7);
    let expected = Timeouts {
        first_byte: seven,
        idle: seven,
        ..default
    };
    assert_eq!(timeouts(&settings(Some(7)), &client()), Some(expected));
    let hour = timeouts(&settings(Some(3600)), &client()).unwrap();
    assert_eq!(hour.message, Duration::from_secs(3600));
    assert_eq!((hour.total, hour.connect), (None, default.connect));
    let off = timeouts(&settings(Some(0)), &client()).unwrap();
    assert_eq!((off.first_byte, off.idle), (Duration::MAX, Duration::MAX));
}

#[test]
fn engines_with_the_same_proxy_share_a_client() {
    let clients = Clients::default();
    let mut settings = settings(None);
    clients.of(&settings).unwrap();
    clients.of(&settings).unwrap();
    assert_eq!(clients.created.lock().unwrap().len(), 1);
    settings.proxy_url = Some("http://me:hunter2hunter2@proxy.test:3128".into());
    let client = clients.of(&settings).unwrap();
    assert_eq!(clients.created.lock().unwrap().len(), 2);
    let shown = format!("{clients:?} {client:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("proxy.test:3128"), "{shown}");
    settings.proxy_url = Some("gopher://proxy.test".into());
    assert!(clients.of(&settings).is_err());
}
