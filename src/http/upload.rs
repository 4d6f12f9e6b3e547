//! Pictures for a case: the one form of the portal that carries files.

use std::sync::Arc;

use axum::extract::{FromRequest, Multipart, Path, Request, State};

use super::journey::reply;
use super::mishap::Mishap;
use super::posted::is_foreign;
use super::reply::Reply;
use crate::app::App;
use crate::ids::JourneyId;
use crate::journeys::{Upload, engine};
use crate::pages::Visit;
use crate::review::evidence::LARGEST_FILE;

/// How many files one form may carry.
const FILES: usize = 3;
/// The largest body, in bytes.
pub(super) const LIMIT: usize = FILES * LARGEST_FILE + 64 * 1024;

/// `POST /journey/{id}/evidence/files`
pub(super) async fn upload(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visit: Visit,
    request: Request,
) -> Result<Reply, Mishap> {
    let headers = request.headers().clone();
    if is_foreign(&headers) {
        return Err(Mishap::Foreign);
    }
    let id = JourneyId(id);
    // Only whoever has come so far may send files: nothing is read for anybody else.
    let current = engine::resume(&app, &visit, &id).await?;
    let multipart = Multipart::from_request(request, &app).await.map_err(|_| Mishap::MediaType)?;
    match read(multipart, &visit).await? {
        Some(upload) => reply(&app, &visit, &headers, engine::upload(&app, &visit, &id, upload).await?).await,
        None => reply(&app, &visit, &headers, current).await,
    }
}

/// The form token comes first: files behind a wrong one are not read.
async fn read(mut form: Multipart, visit: &Visit) -> Result<Option<Upload>, Mishap> {
    let (mut upload, mut trusted) = (Upload::default(), false);
    while let Some(field) = form.next_field().await.map_err(|_| Mishap::BadRequest)? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "csrf" => {
                let token = field.text().await.map_err(|_| Mishap::BadRequest)?;
                trusted = crate::secret::same(token.as_bytes(), visit.csrf.as_bytes());
            }
            _ if !trusted => return Err(Mishap::Foreign),
            "kind" => upload.kind = field.text().await.map_err(|_| Mishap::BadRequest)?,
            "files" => {
                let file = field.bytes().await.map_err(|_| Mishap::TooLarge)?;
                if !file.is_empty() && upload.files.len() < FILES {
                    upload.files.push(file.to_vec());
                }
            }
            _ => {}
        }
    }
    Ok(trusted.then_some(upload))
}
