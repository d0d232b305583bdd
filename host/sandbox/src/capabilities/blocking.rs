//! Work that blocks, done aside: neither the runtime nor the attempt's deadline waits for it. When the attempt ends first,
//! the work is told so.

/// Tells work to end when it is dropped before the work was done.
struct CancelOnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for CancelOnDrop<F> {
    fn drop(&mut self) {
        if let Some(end) = self.0.take() {
            end();
        }
    }
}

/// Awaits `work`; should nobody wait for it any more, `end` is called.
pub(super) async fn ending<T>(end: impl FnOnce(), work: impl Future<Output = T>) -> T {
    let mut told = CancelOnDrop(Some(end));
    let done = work.await;
    told.0 = None;
    done
}

/// Does `work` on a thread that may block; should nobody wait for it any more, `end` is called. `None` when it broke off.
pub(super) async fn blocking<T: Send + 'static>(
    end: impl FnOnce(),
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    ending(end, tokio::task::spawn_blocking(work)).await.ok()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_told_and_work_that_is_done_is_not() {
        let told = AtomicBool::new(false);
        ending(|| told.store(true, Ordering::Relaxed), async {}).await;
        assert!(!told.load(Ordering::Relaxed));
        {
            let endless = ending(|| told.store(true, Ordering::Relaxed), std::future::pending::<()>());
            tokio::pin!(endless);
            assert!(futures_poll(endless.as_mut()).await);
        }
        assert!(told.load(Ordering::Relaxed));
    }

    /// Polls once; whether it is still under way.
    async fn futures_poll(mut work: std::pin::Pin<&mut impl Future<Output = ()>>) -> bool {
        std::future::poll_fn(|context| std::task::Poll::Ready(work.as_mut().poll(context).is_pending())).await
    }
}
