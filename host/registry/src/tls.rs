//! The one TLS provider of the program: ring.
//!
//! rustls uses the provider of the process. If libraries enable two different providers, there is no default, and the first
//! connection panics. So no library enables one (`.deny.toml` checks that), and code that opens a connection calls [`install()`]
//! first.

use std::sync::Once;

/// Makes ring the provider of this process; does nothing if the process already has a provider.
pub fn install() {
    static ONCE: Once = Once::new();
    // An error only means that a provider is already installed.
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_provider_and_a_client_can_be_built() {
        install();
        install();
        assert!(rustls::crypto::CryptoProvider::get_default().is_some());
        assert!(reqwest::Client::builder().build().is_ok());
    }
}
