//! The one TLS provider of the program: ring.
//!
//! rustls takes its provider from the process. Two libraries that each bring another one leave it without any, and the
//! first connection brings the program down; so no library brings one here (`.deny.toml` holds that), and whoever opens a
//! connection calls [`install()`] before.

use std::sync::Once;

/// Makes ring the provider of this process; does nothing where there is one.
pub fn install() {
    static ONCE: Once = Once::new();
    // Refused only when there is a provider already, which is as good.
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
