use std::sync::Mutex;

use super::*;

/// Notes the tokens that were refused.
#[derive(Debug, Default)]
struct Login(Mutex<Vec<String>>);

#[async_trait]
impl TokenSource for Login {
    async fn token(&self) -> Result<ApiKey, EngineError> {
        Ok(ApiKey::new("token-1"))
    }

    async fn refused(&self, token: &ApiKey) {
        self.0.lock().unwrap().push(token.expose().to_owned());
    }
}

#[tokio::test]
async fn a_shared_source_is_told_of_refusals() {
    let login = Arc::new(Login::default());
    let shared: Arc<dyn TokenSource> = Arc::<Login>::clone(&login);
    let token = shared.token().await.unwrap();
    TokenSource::refused(&shared, &token).await;
    assert_eq!(*login.0.lock().unwrap(), ["token-1"]);
}
