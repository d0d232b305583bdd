//! Measures Extism for the comparison with Baton: `baton-peers GUEST.wasm CACHE CALLS LOADS SPINS`, prints one JSON object with samples.
//!
//! `fresh_us` is a call with a new instance, as in Baton. `warm_us` is a call with a reused instance, as Extism is often used.
//! `load_ms` is the time to load a plugin whose code is in the cache. `over_ms` is the time that an endless function ran beyond its
//! time-out.

use std::path::Path;
use std::time::{Duration, Instant};

use extism::{CompiledPlugin, Error, Manifest, Plugin, PluginBuilder, Wasm};
use serde_json::json;

/// The time-out of the endless function.
const WALL: Duration = Duration::from_secs(1);

/// A task in JSON, as long as the smallest task of Baton.
const TASK: &str = r#"{"id":"0123456789abcdef","attempt":1,"action":"noop","args":{},"cause":"call","handoff":null,"mounts":[],"answer":null,"now":"2026-01-18T10:15:00Z"}"#;

fn main() -> Result<(), Error> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [guest, cache, calls, loads, spins] = args.as_slice() else {
        return Err(Error::msg("usage: baton-peers GUEST.wasm CACHE CALLS LOADS SPINS"));
    };
    let (calls, loads, spins): (usize, usize, usize) = (calls.parse()?, loads.parse()?, spins.parse()?);
    let config = Path::new(cache).join("cache.toml");
    std::fs::create_dir_all(cache)?;
    std::fs::write(&config, format!("[cache]\ndirectory = {:?}\n", Path::new(cache).join("code")))?;
    let compile = || compiled(guest, &config);

    let plugin = compile()?;
    let load = samples(loads, 1e3, || compile().map(drop))?;
    let fresh = samples(calls, 1e6, || {
        let mut fresh = Plugin::new_from_compiled(&plugin)?;
        expect_done(fresh.call::<_, &str>("noop", TASK)?)
    })?;
    let mut one = Plugin::new_from_compiled(&plugin)?;
    let warm = samples(calls, 1e6, || expect_done(one.call::<_, &str>("noop", TASK)?))?;
    let over = samples(spins, 1e3, || match Plugin::new_from_compiled(&plugin)?.call::<_, &str>("spin", TASK) {
        Err(_) => Ok(()),
        Ok(text) => Err(Error::msg(format!("it ended: {text}"))),
    })?;
    let over: Vec<f64> = over.iter().map(|ms| ms - WALL.as_secs_f64() * 1e3).collect();
    println!("{}", json!({ "load_ms": load, "fresh_us": fresh, "warm_us": warm, "over_ms": over }));
    Ok(())
}

fn compiled(guest: &str, cache: &Path) -> Result<CompiledPlugin, Error> {
    let manifest = Manifest::new([Wasm::data(std::fs::read(guest)?)]).with_timeout(WALL);
    PluginBuilder::new(manifest).with_wasi(true).with_cache_config(cache).compile()
}

fn expect_done(text: &str) -> Result<(), Error> {
    if text == "Did nothing." { Ok(()) } else { Err(Error::msg(format!("unexpected answer: {text}"))) }
}

/// How long each of `count` runs took, in seconds times `unit`.
fn samples(count: usize, unit: f64, mut run: impl FnMut() -> Result<(), Error>) -> Result<Vec<f64>, Error> {
    let timed = || {
        let begun = Instant::now();
        run()?;
        Ok(begun.elapsed().as_secs_f64() * unit)
    };
    std::iter::repeat_with(timed).take(count).collect()
}
