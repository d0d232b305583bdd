//! rclone and Google's own client judge the Drive server of the tests and what the plugin made there.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use baton_tests::connect_proxy::ConnectProxy;
use baton_tests::drive_server::{FOLDER, FakeFile};
use baton_tests::oauth_server::CLIENT_ID;
use baton_tests::{Output, Skipped, or_skip, tool, tools};
use serde_json::json;

use super::{DriveWorkspace, Services};

/// The folder with the judges' programs.
pub(super) fn judges() -> Result<PathBuf, Skipped> {
    Ok(tools("drive", "python/bin/rclone")?.join("python/bin"))
}

/// Sends some requests, because a search of the fake finds a new file only after further requests.
fn settle(services: &Services, place: &DriveWorkspace) {
    services.drive.set_lag(0);
    for _ in 0..6 {
        place.workspace.baton(&["run", "drive-sync", "diagnose", "--arg", "place=account"]).ended(0);
    }
}

/// rclone with the account's folder as its remote, over a proxy that ends TLS for Google's name.
struct Rclone {
    program: PathBuf,
    proxy: ConnectProxy,
    folder: tempfile::TempDir,
}

impl Rclone {
    fn new(program: PathBuf, services: &Services, place: &DriveWorkspace) -> Self {
        let proxy = ConnectProxy::start("www.googleapis.com", services.drive.answers());
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), proxy.certificate()).unwrap();
        let token = json!({ "access_token": place.token(), "token_type": "Bearer", "refresh_token": "x", "expiry": "2099-01-01T00:00:00Z" });
        let settings =
            format!("[account]\ntype = drive\nclient_id = x\nclient_secret = x\nscope = drive.file\ntoken = {token}\n");
        fs::write(folder.path().join("rclone.conf"), settings).unwrap();
        Self { program, proxy, folder }
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(self.folder.path().join("rclone.conf"));
        command
            .arg("--ca-cert")
            .arg(self.folder.path().join("ca.pem"))
            .args(["--retries", "1", "--user-agent", "rclone"])
            .args(args);
        command.env("HTTPS_PROXY", self.proxy.address()).env_remove("NO_PROXY").env_remove("no_proxy");
        Output::within(&mut command, Duration::from_mins(1))
    }
}

#[test]
fn rclone_finds_the_same_files_and_no_duplicate() {
    rclone_judges(or_skip!(judges()).join("rclone"));
}

#[test]
fn the_older_rclone_of_debian_finds_the_same() {
    or_skip!(tool("rclone", "apt-get install rclone"));
    rclone_judges("rclone".into());
}

fn rclone_judges(program: PathBuf) {
    let services = Services::start();
    let place = services.workspace(&["One", "Two"]);
    place.sync("First");
    settle(&services, &place);
    let rclone = Rclone::new(program, &services, &place);
    let listed = rclone.run(&["lsjson", "--recursive", "--hash", "account:Baton"]).ended(0).json();
    let paths: Vec<&str> = listed.as_array().unwrap().iter().map(|file| file["Path"].as_str().unwrap()).collect();
    assert_eq!(paths.len(), 3, "{paths:?}");
    assert!(paths.contains(&"T_id-1/T_id-1.csv"), "{paths:?}");
    let local = place.root.join("drive");
    let local = local.to_str().unwrap();
    rclone.run(&["check", "--exclude", ".archive/**", local, "account:Baton"]).ended(0);
    let clean = rclone.run(&["dedupe", "--dedupe-mode", "list", "account:"]).ended(0);
    assert!(!format!("{}{}", clean.stdout, clean.stderr).contains("duplicates"), "{} {}", clean.stdout, clean.stderr);
    // Also checks the judge: it reports a duplicate if there is one.
    let top = services.drive.at("Baton").unwrap().id;
    services.drive.add(FakeFile {
        name: "T_id-1".into(),
        mime: FOLDER.into(),
        parent: Some(top),
        of_app: true,
        ..FakeFile::default()
    });
    let twice = rclone.run(&["dedupe", "--dedupe-mode", "list", "account:"]).ended(0);
    assert!(
        format!("{}{}", twice.stdout, twice.stderr).contains("T_id-1: 2 duplicates"),
        "{} {}",
        twice.stdout,
        twice.stderr
    );
    services.assert_clean();
}

/// google-auth gets a token from the OAuth server with its own flow, and google-api-python-client works with the fake and reads what the
/// plugin wrote.
#[test]
fn googles_own_client_gets_a_token_and_reads_the_same() {
    let bin = or_skip!(judges());
    let services = Services::start();
    let place = services.workspace(&["One", "Two"]);
    place.sync("First");
    settle(&services, &place);
    let script = r#"
import io, os, sys, urllib.request, urllib.error, urllib.parse
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
from google_auth_oauthlib.flow import Flow
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaIoBaseUpload
oauth, drive, client = sys.argv[1:4]
config = {"installed": {"client_id": client, "client_secret": "x", "auth_uri": oauth + "/authorize", "token_uri": oauth + "/token"}}
flow = Flow.from_client_config(config, scopes=["https://www.googleapis.com/auth/drive.file"],
    redirect_uri="http://127.0.0.1:9/callback", autogenerate_code_verifier=True)
class Stop(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *a): return None
try:
    urllib.request.build_opener(Stop).open(flow.authorization_url(access_type="offline")[0])
except urllib.error.HTTPError as answer:
    location = answer.headers["Location"]
flow.fetch_token(code=urllib.parse.parse_qs(urllib.parse.urlparse(location).query)["code"][0], include_client_id=True)
api = build("drive", "v3", credentials=flow.credentials, static_discovery=True, client_options={"api_endpoint": drive})
files = api.files().list(q="name = 'T_id-1.csv' and trashed = false", fields="files(id,name,md5Checksum,appProperties)").execute()["files"]
print(len(files), files[0]["appProperties"]["batonDatabase"])
print(api.files().get_media(fileId=files[0]["id"]).execute().decode().count("\n"))
new = api.files().generateIds(count=1, space="drive", type="files").execute()["ids"][0]
body = {"id": new, "name": "folder", "mimeType": "application/vnd.google-apps.folder"}
api.files().create(body=body, fields="id").execute()
try:
    api.files().create(body=body, fields="id").execute()
except HttpError as error:
    print(error.resp.status)
start = api.changes().getStartPageToken().execute()["startPageToken"]
api.files().update(fileId=new, body={"trashed": True}).execute()
print([(one["fileId"] == new, one["file"]["trashed"]) for one in api.changes().list(pageToken=start, fields="*").execute()["changes"]])
"#;
    let mut command = Command::new(bin.join("python"));
    command
        .arg("-c")
        .arg(script)
        .arg(services.oauth.address())
        .arg(format!("{}/drive/v3/", services.drive.address()))
        .arg(CLIENT_ID);
    let output = Output::of(&mut command).ended(0).stdout;
    assert_eq!(output, "1 id-1\n4\n409\n[(True, True)]\n");
    services.assert_clean();
}
