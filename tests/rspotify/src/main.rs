//! `rspotify-judge ADDRESS TOKEN PLAYLIST`: prints the owner of an account, its playlists, and the items of one of them.

use std::env::args;

use rspotify::model::{PlayableItem, PlaylistId};
use rspotify::prelude::*;
use rspotify::{AuthCodeSpotify, ClientError, Config, Credentials, OAuth, Token};

fn main() -> Result<(), ClientError> {
    let [address, access_token, playlist] = [1, 2, 3].map(|at| args().nth(at).unwrap_or_default());
    let config = Config { api_base_url: format!("{address}/v1/"), token_refreshing: false, ..Config::default() };
    let token = Token { access_token, ..Token::default() };
    let spotify = AuthCodeSpotify::from_token_with_config(token, Credentials::default(), OAuth::default(), config);
    println!("{}", spotify.current_user()?.display_name.unwrap_or_default());
    for one in spotify.current_user_playlists() {
        println!("{}", one?.name);
    }
    let id = PlaylistId::from_id(playlist).expect("an id of a playlist");
    for item in spotify.playlist_items(id, None, None) {
        match item?.item {
            Some(PlayableItem::Track(track)) => println!("{}", track.name),
            other => println!("{other:?}"),
        }
    }
    Ok(())
}
