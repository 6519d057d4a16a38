use super::address;

#[test]
fn every_form_that_ollama_takes_becomes_a_url() {
    for (given, expected) in [
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080/v1"),
        (":8080", "http://127.0.0.1:8080/v1"),
        ("localhost", "http://localhost:11434/v1"),
        ("192.168.1.5:11434", "http://192.168.1.5:11434/v1"),
        ("http://box:11434/", "http://box:11434/v1"),
        ("https://ollama.com", "https://ollama.com/v1"),
        ("https://ollama.com/v1/", "https://ollama.com/v1"),
        ("https://box/ollama/v1", "https://box/ollama/v1"),
        ("http://0.0.0.0:11434", "http://127.0.0.1:11434/v1"),
        ("[::]:11434", "http://[::1]:11434/v1"),
        ("::", "http://[::1]:11434/v1"),
        (" \"box\" ", "http://box:11434/v1"),
        ("", ""),
    ] {
        assert_eq!(address(given), expected, "{given}");
    }
}
