import test from 'ava'
import type { Route } from '../../src/http/route.ts'
import { BODIES } from '../support/matrix-bodies.ts'
import { type Cell, fingerprint, makeTarget, restorePassword } from '../support/matrix-cell.ts'
import { type Row, readTable, writeCells } from '../support/matrix-table.ts'
import {
  addImages,
  CALLERS,
  type CallerName,
  type RightsWorld,
  startRightsWorld,
} from '../support/rights-world.ts'

// Who may ask what: a row for each route, or for a case of it, with the status of each caller's
// answer. `startRightsWorld` says who the callers are and what there is. A word with ~ in a path is
// made anew for every cell. A word in parentheses names another body of `BODIES`.
// Whoever adds a route adds its rows here, by hand from docs/api.md.
const ROUTES = `
                                                   anon out lim gue dev mai pad aud adm prj sys tok web dis obo sso ldp
  ONESELF
  GET    /me                                        401 200 200 200 200 200 200 200 200 403 403 200 200 401 200 200 200
  PUT    /me/password                               401 204 204 204 204 204 204 204 204 403 403 403 403 401 403 409 409
  GET    /me/tokens                                 401 200 200 200 200 200 200 200 200 403 403 200 200 401 200 200 200
  POST   /me/tokens                                 401 201 201 201 201 201 201 201 201 403 403 403 403 401 403 201 201
  POST   /me/tokens (narrow)                        401 201 201 201 201 201 201 201 201 403 403 201 201 401 201 201 201
  GET    /me/tokens/~token                          401 200 200 200 200 200 200 200 200 403 403 200 200 401 200 200 200
  GET    /me/tokens/~wide                           401 200 200 200 200 200 200 200 200 403 403 404 404 401 404 200 200
  DELETE /me/tokens/~token                          401 204 204 204 204 204 204 204 204 403 403 204 204 401 204 204 204
  DELETE /me/tokens/~wide                           401 204 204 204 204 204 204 204 204 403 403 404 404 401 404 204 204
  GET    /me/identity-tokens                        401 200 200 200 200 200 200 200 200 403 403 403 403 401 403 200 200
  DELETE /me/identity-tokens/~identity              401 204 204 204 204 204 204 204 204 403 403 403 403 401 403 404 204

  USERS
  GET    /users                                     401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  POST   /users                                     401 403 403 403 403 403 403 403 201 403 403 403 403 401 403 403 403
  GET    /users/out                                 401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  PATCH  /users/~user                               401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403
  PUT    /users/~user/identity                      401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403
  DELETE /users/~user                               401 403 403 403 403 403 403 403 204 403 403 403 403 401 403 403 403
  GET    /users/out/tokens                          401 200 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  GET    /users/out/tokens/~token                   401 200 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  DELETE /users/out/tokens/~token                   401 204 403 403 403 403 403 403 204 403 403 403 403 401 403 403 403
  GET    /users/out/identity-tokens                 401 200 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  DELETE /users/out/identity-tokens/~identity       401 204 403 403 403 403 403 403 204 403 403 403 403 401 403 403 403

  PASSWORDS BY MAIL, WHERE NONE IS SENT
  POST   /signin/password-reset                     409 409 409 409 409 409 409 409 409 409 409 409 409 409 409 409 409
  GET    /signin/password-reset                     200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200
  POST   /signin/password-reset/confirm             400 400 400 400 400 400 400 400 400 400 400 400 400 400 400 400 400

  GROUPS
  GET    /groups                                    401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  POST   /groups                                    401 403 403 403 403 403 403 403 201 403 403 403 403 401 403 403 403
  GET    /groups/crew                               401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  PATCH  /groups/crew                               401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403
  DELETE /groups/~group                             401 403 403 403 403 403 403 403 204 403 403 403 403 401 403 403 403
  GET    /groups/crew/members                       401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  PUT    /groups/crew/members/~user                 401 403 403 403 403 403 403 403 204 403 403 403 403 401 403 403 403
  DELETE /groups/crew/members/~mate                 401 403 403 403 403 403 403 403 204 403 403 403 403 401 403 403 403

  SETTINGS
  GET    /settings                                  401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  PATCH  /settings                                  401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403

  DIRECTORY
  GET    /signin/ldap/check                         401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403

  PROJECTS
  GET    /projects                                  200 200 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  POST   /projects                                  401 403 403 403 403 403 403 403 201 403 403 403 403 401 403 403 403
  GET    /projects/acme                             401 404 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /projects/other                            401 404 404 404 404 404 404 200 200 404 200 404 404 401 404 404 404
  GET    /projects/open                             200 200 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  PATCH  /projects/acme                             401 404 403 403 403 403 200 403 200 403 403 200 403 401 200 403 403
  PATCH  /projects/other                            401 404 404 404 404 404 404 403 200 404 403 404 404 401 404 404 404
  PATCH  /projects/open                             401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403
  DELETE /projects/acme                             401 404 403 403 403 403 409 403 409 403 403 409 403 401 409 403 403
  DELETE /projects/open                             401 403 403 403 403 403 403 403 409 403 403 403 403 401 403 403 403
  DELETE /projects/~project                         401 404 404 404 404 404 404 403 204 404 403 404 404 401 404 404 404
  DELETE /projects/~pads                            401 404 404 404 404 404 204 403 204 404 403 404 404 401 404 404 404
  DELETE /projects/~pads?force=true                 401 403 403 403 403 403 403 403 204 403 403 403 403 401 403 403 403

  MEMBERS
  GET    /projects/acme/members                     401 404 403 200 200 200 200 200 200 403 403 200 403 401 200 200 200
  GET    /projects/other/members                    401 404 404 404 404 404 404 200 200 404 403 404 404 401 404 404 404
  GET    /projects/open/members                     401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  GET    /projects/acme/members/users/dev           401 404 403 200 200 200 200 200 200 403 403 200 403 401 200 200 200
  GET    /projects/other/members/users/~member      401 404 404 404 404 404 404 200 200 404 403 404 404 401 404 404 404
  GET    /projects/open/members/users/~member       401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  GET    /projects/acme/members/groups/~band        401 404 403 200 200 200 200 200 200 403 403 200 403 401 200 200 200
  GET    /projects/other/members/groups/~band       401 404 404 404 404 404 404 200 200 404 403 404 404 401 404 404 404
  GET    /projects/open/members/groups/~band        401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  PUT    /projects/acme/members/users/~user         401 404 403 403 403 403 200 403 200 403 403 200 403 401 403 403 403
  PUT    /projects/acme/members/users/~user (developer)  401 404 403 403 403 403 200 403 200 403 403 403 403 401 403 403 403
  PUT    /projects/other/members/users/~user        401 404 404 404 404 404 404 403 200 404 403 404 404 401 404 404 404
  PUT    /projects/open/members/users/~user         401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403
  DELETE /projects/acme/members/users/~member       401 404 403 403 403 403 204 403 204 403 403 204 403 401 403 403 403
  DELETE /projects/other/members/users/~member      401 404 404 404 404 404 404 403 204 404 403 404 404 401 404 404 404
  DELETE /projects/open/members/users/~member       401 403 403 403 403 403 403 403 204 403 403 403 403 401 403 403 403
  PUT    /projects/acme/members/groups/~group       401 404 403 403 403 403 200 403 200 403 403 200 403 401 403 403 403
  PUT    /projects/other/members/groups/~group      401 404 404 404 404 404 404 403 200 404 403 404 404 401 404 404 404
  PUT    /projects/open/members/groups/~group       401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403
  DELETE /projects/acme/members/groups/~band        401 404 403 403 403 403 204 403 204 403 403 204 403 401 403 403 403
  DELETE /projects/other/members/groups/~band       401 404 404 404 404 404 404 403 204 404 403 404 404 401 404 404 404
  DELETE /projects/open/members/groups/~band        401 403 403 403 403 403 403 403 204 403 403 403 403 401 403 403 403

  RETENTION
  GET    /projects/acme/retention                   401 404 403 403 200 200 200 200 200 403 403 200 403 401 200 200 200
  GET    /projects/other/retention                  401 404 404 404 404 404 404 200 200 404 403 404 404 401 404 404 404
  GET    /projects/open/retention                   401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  PUT    /projects/acme/retention                   401 404 403 403 403 200 200 403 200 403 403 403 403 401 403 403 200
  PUT    /projects/other/retention                  401 404 404 404 404 404 404 403 200 404 403 404 404 401 404 404 404
  PUT    /projects/open/retention                   401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403
  DELETE /projects/acme/retention                   401 404 403 403 403 204 204 403 204 403 403 403 403 401 403 403 204
  DELETE /projects/other/retention                  401 404 404 404 404 404 404 403 204 404 403 404 404 401 404 404 404
  DELETE /projects/open/retention                   401 403 403 403 403 403 403 403 204 403 403 403 403 401 403 403 403
  GET    /projects/acme/retention/runs              401 404 403 403 200 200 200 200 200 403 403 200 403 401 200 200 200
  GET    /projects/other/retention/runs             401 404 404 404 404 404 404 200 200 404 403 404 404 401 404 404 404
  GET    /projects/open/retention/runs              401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  POST   /projects/acme/retention/runs              401 404 403 403 403 409 409 403 409 403 403 409 403 401 409 403 409
  POST   /projects/other/retention/runs             401 404 404 404 404 404 404 403 409 404 403 404 404 401 404 404 404
  POST   /projects/open/retention/runs              401 403 403 403 403 403 403 403 409 403 403 403 403 401 403 403 403
  POST   /projects/acme/retention/runs (real)       401 404 403 403 403 409 409 403 409 403 403 403 403 401 403 403 409
  GET    /projects/acme/retention/runs/~run         401 404 403 403 200 200 200 200 200 403 403 200 403 401 200 200 200
  GET    /projects/other/retention/runs/~run        401 404 404 404 404 404 404 200 200 404 403 404 404 401 404 404 404
  GET    /projects/open/retention/runs/~run         401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  GET    /projects/acme/retention/runs/~run/items   401 404 403 403 200 200 200 200 200 403 403 200 403 401 200 200 200
  GET    /projects/other/retention/runs/~run/items  401 404 404 404 404 404 404 200 200 404 403 404 404 401 404 404 404
  GET    /projects/open/retention/runs/~run/items   401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  REMOVALS
  GET    /projects/acme/removals                    401 404 403 403 403 200 200 200 200 403 403 200 403 401 200 403 200
  GET    /projects/other/removals                   401 404 404 404 404 404 404 200 200 404 403 404 404 401 404 404 404
  GET    /projects/open/removals                    401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  POST   /projects/acme/removals                    401 404 403 403 403 202 202 403 202 403 403 202 403 401 202 403 202
  POST   /projects/other/removals                   401 404 404 404 404 404 404 403 202 404 403 404 404 401 404 404 404
  POST   /projects/open/removals                    401 403 403 403 403 403 403 403 202 403 403 403 403 401 403 403 403
  POST   /projects/acme/removals (real)             401 404 403 403 403 202 202 403 202 403 403 403 403 401 403 403 202
  GET    /projects/acme/removals/~removal           401 404 403 403 403 200 200 200 200 403 403 200 403 401 200 403 200
  GET    /projects/other/removals/~removal          401 404 404 404 404 404 404 200 200 404 403 404 404 401 404 404 404
  GET    /projects/acme/removals/~removal/items     401 404 403 403 403 200 200 200 200 403 403 200 403 401 200 403 200
  GET    /projects/other/removals/~removal/items    401 404 404 404 404 404 404 200 200 404 403 404 404 401 404 404 404
  POST   /projects/acme/removals/~removal/cancel    401 404 403 403 403 200 200 403 200 403 403 200 403 401 200 403 200
  POST   /projects/other/removals/~removal/cancel   401 404 404 404 404 404 404 403 200 404 403 404 404 401 404 404 404
  GET    /repositories/acme/app/manifests/~digest/needs     401 404 403 403 403 404 404 403 404 404 404 403 404 401 403 403 404
  GET    /repositories/other/app/manifests/~digest/needs    401 404 404 404 404 404 404 403 404 404 404 404 404 401 404 404 404
  DELETE /repositories/acme/app/manifests/~digest           401 404 403 403 403 404 404 403 404 404 404 403 404 401 403 403 404
  DELETE /repositories/other/app/manifests/~digest          401 404 404 404 404 404 404 403 404 404 404 404 404 401 404 404 404
  DELETE /repositories/acme/none                    401 404 403 403 403 404 404 403 404 404 404 403 404 401 403 403 404
  DELETE /repositories/other/none                   401 404 404 404 404 404 404 403 404 404 404 404 404 401 404 404 404

  POLICIES
  GET    /projects/acme/immutable-tags              401 404 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /projects/other/immutable-tags             401 404 404 404 404 404 404 200 200 404 200 404 404 401 404 404 404
  GET    /projects/open/immutable-tags              200 200 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  PUT    /projects/acme/immutable-tags              401 404 403 403 403 200 200 403 200 403 403 200 403 401 200 403 200
  PUT    /projects/other/immutable-tags             401 404 404 404 404 404 404 403 200 404 403 404 404 401 404 404 404
  PUT    /projects/open/immutable-tags              401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403
  GET    /projects/acme/quota                       401 404 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /projects/other/quota                      401 404 404 404 404 404 404 200 200 404 200 404 404 401 404 404 404
  GET    /projects/open/quota                       401 200 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  PUT    /projects/acme/quota                       401 404 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403
  PUT    /projects/other/quota                      401 404 404 404 404 404 404 403 200 404 403 404 404 401 404 404 404
  PUT    /projects/open/quota                       401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403

  ROBOTS OF A PROJECT
  GET    /projects/acme/robots                      401 404 403 200 200 200 200 200 200 403 403 200 403 401 200 200 200
  GET    /projects/other/robots                     401 404 404 404 404 404 404 200 200 404 403 404 404 401 404 404 404
  GET    /projects/open/robots                      401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  POST   /projects/acme/robots                      401 404 403 403 403 403 201 403 201 403 403 201 403 401 403 403 403
  POST   /projects/acme/robots (pushing)            401 404 403 403 403 403 201 403 201 403 403 403 403 401 403 403 403
  POST   /projects/other/robots                     401 404 404 404 404 404 404 403 201 404 403 404 404 401 404 404 404
  POST   /projects/open/robots                      401 403 403 403 403 403 403 403 201 403 403 403 403 401 403 403 403
  GET    /projects/acme/robots/bot                  401 404 403 200 200 200 200 200 200 403 403 200 403 401 200 200 200
  GET    /projects/other/robots/~robot              401 404 404 404 404 404 404 200 200 404 403 404 404 401 404 404 404
  GET    /projects/open/robots/~robot               401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  PATCH  /projects/acme/robots/~robot               401 404 403 403 403 403 200 403 200 403 403 200 403 401 403 403 403
  PATCH  /projects/acme/robots/~robot (pushing)     401 404 403 403 403 403 200 403 200 403 403 403 403 401 403 403 403
  PATCH  /projects/other/robots/~robot              401 404 404 404 404 404 404 403 200 404 403 404 404 401 404 404 404
  PATCH  /projects/open/robots/~robot               401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403
  DELETE /projects/acme/robots/~robot               401 404 403 403 403 403 204 403 204 403 403 204 403 401 403 403 403
  DELETE /projects/other/robots/~robot              401 404 404 404 404 404 404 403 204 404 403 404 404 401 404 404 404
  DELETE /projects/open/robots/~robot               401 403 403 403 403 403 403 403 204 403 403 403 403 401 403 403 403
  POST   /projects/acme/robots/~robot/secret        401 404 403 403 403 403 200 403 200 403 403 200 403 401 403 403 403
  POST   /projects/acme/robots/~pusher/secret       401 404 403 403 403 403 200 403 200 403 403 403 403 401 403 403 403
  POST   /projects/other/robots/~robot/secret       401 404 404 404 404 404 404 403 200 404 403 404 404 401 404 404 404
  POST   /projects/open/robots/~robot/secret        401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403

  ROBOTS OF THE SYSTEM
  GET    /robots                                    401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  POST   /robots                                    401 403 403 403 403 403 403 403 201 403 403 403 403 401 403 403 403
  GET    /robots/bot                                401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  PATCH  /robots/~robot                             401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403
  DELETE /robots/~robot                             401 403 403 403 403 403 403 403 204 403 403 403 403 401 403 403 403
  POST   /robots/~robot/secret                      401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403

  EXPLAIN
  POST   /explain                                   200 200 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  POST   /explain (bob-in-acme)                     401 403 403 403 403 403 200 200 200 403 403 200 403 401 200 403 403
  POST   /explain (bob-in-other)                    401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  POST   /explain (bob-in-open)                     401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403

  IMAGES
  GET    /projects/acme/repositories                401 404 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /projects/other/repositories               401 404 404 404 404 404 404 200 200 404 200 404 404 401 404 404 404
  GET    /projects/open/repositories                200 200 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /repositories                              200 200 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /repositories/acme/app                     401 404 200 200 200 200 200 200 200 200 200 200 404 401 200 200 200
  GET    /repositories/acme/web/ui                  401 404 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /repositories/other/app                    401 404 404 404 404 404 404 200 200 404 200 404 404 401 404 404 404
  GET    /repositories/open/site                    200 200 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /repositories/ubuntu                       401 404 404 404 404 404 404 200 200 404 200 404 404 401 404 404 404
  GET    /repositories/acme/app/tags                401 404 200 200 200 200 200 200 200 200 200 200 404 401 200 200 200
  GET    /repositories/acme%2Fweb%2Fui/tags         401 404 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /repositories/other/app/tags               401 404 404 404 404 404 404 200 200 404 200 404 404 401 404 404 404
  GET    /repositories/open/site/tags               200 200 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /repositories/acme/app/tags/v1             401 404 200 200 200 200 200 200 200 200 200 200 404 401 200 200 200
  GET    /repositories/acme/web/ui/tags/v1          401 404 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /repositories/other/app/tags/v1            401 404 404 404 404 404 404 200 200 404 200 404 404 401 404 404 404
  GET    /repositories/open/site/tags/v1            200 200 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /repositories/acme/app/manifests/v1        401 404 200 200 200 200 200 200 200 200 200 200 404 401 200 200 200
  GET    /repositories/acme%2Fweb%2Fui/manifests/v1  401 404 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /repositories/other/app/manifests/v1       401 404 404 404 404 404 404 200 200 404 200 404 404 401 404 404 404
  GET    /repositories/open/site/manifests/v1       200 200 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /repositories/acme/app/referrers/sha256:0000000000000000000000000000000000000000000000000000000000000000  401 404 200 200 200 200 200 200 200 200 200 200 404 401 200 200 200
  GET    /repositories/acme/web/ui/referrers/sha256:0000000000000000000000000000000000000000000000000000000000000000  401 404 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /repositories/other/app/referrers/sha256:0000000000000000000000000000000000000000000000000000000000000000  401 404 404 404 404 404 404 200 200 404 200 404 404 401 404 404 404
  GET    /repositories/open/site/referrers/sha256:0000000000000000000000000000000000000000000000000000000000000000  200 200 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /tree                                      200 200 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /search?q=app                              200 200 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /statistics                                200 200 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /statistics?project=acme                   401 404 200 200 200 200 200 200 200 200 200 200 403 401 200 200 200
  GET    /statistics?project=other                  401 404 404 404 404 404 404 200 200 404 200 404 404 401 404 404 404
  GET    /statistics?project=open                   200 200 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /statistics?repository=acme/app            401 404 200 200 200 200 200 200 200 200 200 200 404 401 200 200 200
  GET    /statistics?repository=acme/web/ui         401 404 200 200 200 200 200 200 200 200 200 200 200 401 200 200 200
  GET    /statistics?repository=other/app           401 404 404 404 404 404 404 200 200 404 200 404 404 401 404 404 404
  PUT    /repositories/acme/app/tags/copied         401 404 403 403 200 200 200 403 200 200 200 403 404 401 200 200 200
  PUT    /repositories/other/app/tags/copied        401 404 404 404 404 404 404 403 200 404 200 404 404 401 404 404 404
  PUT    /repositories/open/site/tags/copied        401 403 403 403 403 403 403 403 200 403 200 403 403 401 403 403 403
  DELETE /repositories/acme/app/tags/~tag           401 404 403 403 403 204 204 403 204 204 204 403 404 401 403 403 204
  DELETE /repositories/acme/web/ui/tags/~tag        401 404 403 403 403 204 204 403 204 204 204 403 403 401 403 403 204
  DELETE /repositories/other/app/tags/~tag          401 404 404 404 404 404 404 403 204 404 204 404 404 401 404 404 404
  DELETE /repositories/open/site/tags/~tag          401 403 403 403 403 403 403 403 204 403 204 403 403 401 403 403 403

  AUDIT
  GET    /audit                                     401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  GET    /audit?project=acme                        401 404 403 403 403 403 200 200 200 403 403 200 403 401 200 403 403
  GET    /audit?project=other                       401 404 404 404 404 404 404 200 200 404 403 404 404 401 404 404 404
  GET    /audit?project=open                        401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  GET    /audit/export?format=csv                   401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  GET    /audit/export?format=jsonl&project=acme    401 404 403 403 403 403 200 200 200 403 403 200 403 401 200 403 403
  GET    /audit/export?format=jsonl&project=other   401 404 404 404 404 404 404 200 200 404 403 404 404 401 404 404 404
  GET    /audit/export?format=csv&project=open      401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403

  JOBS
  GET    /jobs                                      401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  GET    /jobs/~job                                 401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  POST   /jobs/~job/cancel                          401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403

  THE INDEX AGAINST THE REGISTRY
  GET    /maintenance/reconcile                     401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  POST   /maintenance/reconcile                     401 403 403 403 403 403 403 403 202 403 403 403 403 401 403 403 403
  POST   /maintenance/reconcile/brake               401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403
  GET    /maintenance/gc                            401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  POST   /maintenance/gc                            401 403 403 403 403 403 403 403 409 403 403 403 403 401 403 403 403
  GET    /maintenance/gc/runs                       401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  GET    /maintenance/gc/runs/7                     401 403 403 403 403 403 403 404 404 403 403 403 403 401 403 403 403
  POST   /maintenance/gc/release                    401 403 403 403 403 403 403 403 409 403 403 403 403 401 403 403 403
  GET    /maintenance/read-only                     401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  PUT    /maintenance/read-only                     401 403 403 403 403 403 403 403 200 403 403 403 403 401 403 403 403
  GET    /maintenance/restore                       401 403 403 403 403 403 403 200 200 403 403 403 403 401 403 403 403
  POST   /maintenance/restore/confirmation          401 403 403 403 403 403 403 403 409 403 403 403 403 401 403 403 403

  THE DOCUMENT OF THE API
  GET    /openapi.json                              200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200
  GET    /docs                                      200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200

  THE TOKEN REALM, AND HEALTH
  GET    /auth/token?service=registry-warden        200 200 200 200 200 200 200 200 200 200 200 200 200 401 400 200 200
  POST   /auth/token                                400 200 200 200 200 200 200 200 200 200 200 200 200 401 400 200 200
  GET    /healthz                                   200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200
  GET    /readyz                                    200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200
`

// What a token of the realm holds: + granted, - never. What is 401 gets no token.
const GRANTS = `
                          anon out lim gue dev mai pad aud adm prj sys tok web dis obo sso ldp
  acme/app      pull         -   -   +   +   +   +   +   +   +   +   +   +   - 401 400   +   +
  acme/app      push         -   -   -   -   +   +   +   -   +   +   +   -   - 401 400   +   +
  acme/app      delete       -   -   -   -   -   +   +   -   +   +   +   -   - 401 400   -   +
  acme/web/ui   pull         -   -   +   +   +   +   +   +   +   +   +   +   + 401 400   +   +
  acme/web/ui   push         -   -   -   -   +   +   +   -   +   +   +   -   - 401 400   +   +
  acme/web/ui   delete       -   -   -   -   -   +   +   -   +   +   +   -   - 401 400   -   +
  other/app     pull         -   -   -   -   -   -   -   +   +   -   +   -   - 401 400   -   -
  other/app     push         -   -   -   -   -   -   -   -   +   -   +   -   - 401 400   -   -
  other/app     delete       -   -   -   -   -   -   -   -   +   -   +   -   - 401 400   -   -
  open/site     pull         +   +   +   +   +   +   +   +   +   +   +   +   + 401 400   +   +
  open/site     push         -   -   -   -   -   -   -   -   +   -   +   -   - 401 400   -   -
  open/site     delete       -   -   -   -   -   -   -   -   +   -   +   -   - 401 400   -   -
  ubuntu        pull         -   -   -   -   -   -   -   +   +   -   +   -   - 401 400   -   -
  nowhere/app   pull         -   -   -   -   -   -   -   +   +   -   -   -   - 401 400   -   -
  nowhere/app   push         -   -   -   -   -   -   -   -   -   -   -   -   - 401 400   -   -
  nowhere/app   delete       -   -   -   -   -   -   -   -   +   -   -   -   - 401 400   -   -
  catalog       *            -   -   -   -   -   -   -   +   +   -   -   -   - 401 400   -   -
`

// What lists show: + is in it, - is not.
const LISTS = `
                                            anon out lim gue dev mai pad aud adm prj sys tok web dis obo sso ldp
  /projects                    acme          -   -   +   +   +   +   +   +   +   +   +   +   +   401 +   +   +
  /projects                    other         -   -   -   -   -   -   -   +   +   -   +   -   -   401 -   -   -
  /projects                    open          +   +   +   +   +   +   +   +   +   +   +   +   +   401 +   +   +
  /projects                    library       -   -   -   -   -   -   -   +   +   -   +   -   -   401 -   -   -
  /repositories                acme/app      -   -   +   +   +   +   +   +   +   +   +   +   -   401 +   +   +
  /repositories                acme/web/ui   -   -   +   +   +   +   +   +   +   +   +   +   +   401 +   +   +
  /repositories                other/app     -   -   -   -   -   -   -   +   +   -   +   -   -   401 -   -   -
  /repositories                open/site     +   +   +   +   +   +   +   +   +   +   +   +   +   401 +   +   +
  /repositories                ubuntu        -   -   -   -   -   -   -   +   +   -   +   -   -   401 -   -   -
  /repositories?sort=-pushedAt acme/app      -   -   +   +   +   +   +   +   +   +   +   +   -   401 +   +   +
  /repositories?sort=sizeBytes other/app     -   -   -   -   -   -   -   +   +   -   +   -   -   401 -   -   -
  /repositories?under=acme     acme/app      -   -   +   +   +   +   +   +   +   +   +   +   -   401 +   +   +
  /repositories?under=other    other/app     -   -   -   -   -   -   -   +   +   -   +   -   -   401 -   -   -
  /tree                        acme/         -   -   +   +   +   +   +   +   +   +   +   +   +   401 +   +   +
  /tree                        other/        -   -   -   -   -   -   -   +   +   -   +   -   -   401 -   -   -
  /tree                        open/         +   +   +   +   +   +   +   +   +   +   +   +   +   401 +   +   +
  /tree                        ubuntu        -   -   -   -   -   -   -   +   +   -   +   -   -   401 -   -   -
  /tree?under=acme             acme/app      -   -   +   +   +   +   +   +   +   +   +   +   -   401 +   +   +
  /tree?under=acme             acme/web/     -   -   +   +   +   +   +   +   +   +   +   +   +   401 +   +   +
  /tree?under=other            other/app     -   -   -   -   -   -   -   +   +   -   +   -   -   401 -   -   -
  /search?q=app                acme/app      -   -   +   +   +   +   +   +   +   +   +   +   -   401 +   +   +
  /search?q=app                other/app     -   -   -   -   -   -   -   +   +   -   +   -   -   401 -   -   -
  /search?q=u                  acme/web/ui   -   -   +   +   +   +   +   +   +   +   +   +   +   401 +   +   +
  /search?q=ite                open/site     +   +   +   +   +   +   +   +   +   +   +   +   +   401 +   +   +
  /search?q=bunt               ubuntu        -   -   -   -   -   -   -   +   +   -   +   -   -   401 -   -   -
  /search?q=v&kind=tag         acme/app      -   -   +   +   +   +   +   +   +   +   +   +   -   401 +   +   +
  /search?q=v&kind=tag         acme/web/ui   -   -   +   +   +   +   +   +   +   +   +   +   +   401 +   +   +
  /search?q=v&kind=tag         other/app     -   -   -   -   -   -   -   +   +   -   +   -   -   401 -   -   -
  /search?q=v&kind=tag         open/site     +   +   +   +   +   +   +   +   +   +   +   +   +   401 +   +   +
  /search?digest=IMAGE         acme/app      -   -   +   +   +   +   +   +   +   +   +   +   -   401 +   +   +
  /search?digest=IMAGE         other/app     -   -   -   -   -   -   -   +   +   -   +   -   -   401 -   -   -
  /search?digest=IMAGE         open/site     +   +   +   +   +   +   +   +   +   +   +   +   +   401 +   +   +
  /statistics                  acme          -   -   +   +   +   +   +   +   +   +   +   +   -   401 +   +   +
  /statistics                  other         -   -   -   -   -   -   -   +   +   -   +   -   -   401 -   -   -
  /statistics                  open          +   +   +   +   +   +   +   +   +   +   +   +   +   401 +   +   +
  /statistics                  library       -   -   -   -   -   -   -   +   +   -   +   -   -   401 -   -   -
`

let world: RightsWorld
/** Digest of the image that all repositories have. */
let image: string

test.before(async () => {
  world = await startRightsWorld({ hasDirectory: true })
  image = await addImages(world)
})
test.after.always(() => world?.stop())

const wholePath = (path: string): string =>
  /^\/(?:auth|healthz|readyz)/.test(path) ? path : `/api/v1${path}`

const fits = (route: Route, path: string): boolean => {
  const pattern = route.path.replace(/\*\w+/g, '.+').replace(/:\w+/g, '[^/]+')
  return new RegExp(`^${pattern}$`).test(path)
}

/** The first that fits takes the request. */
const routeOf = (method = '', path = ''): Route | undefined => {
  const [plain = ''] = wholePath(path).split('?')
  return world.routes.find((route) => route.method === method.toLowerCase() && fits(route, plain))
}

const rows = readTable(ROUTES, CALLERS)

async function askCell(row: Row<CallerName>, caller: CallerName, target: string): Promise<string> {
  const [method = '', path = '', label] = row.words
  const route = routeOf(method, path)
  if (route === undefined) throw new Error(`no route takes ${row.title}`)
  const as = world.credentials(caller)
  if (route.bodyType === 'form') return String(await askByForm(caller))
  const cell: Cell = { caller, as, method, path: target }
  const pattern = route.path.replace(/^\/api\/v1/, '')
  const makeBody = BODIES[`${route.method} ${pattern}${label === undefined ? '' : ` ${label}`}`]
  const json = makeBody?.(cell, `x${caller}${Math.random().toString(36).slice(2, 10)}`)
  const { status } = await world.ask(caller, method, target, json)
  if (status === 204 && path === '/me/password') await restorePassword(world, cell)
  return String(status)
}

async function askByForm(caller: CallerName): Promise<number> {
  const as = world.credentials(caller)
  const form = { grant_type: 'password', service: 'registry-warden', ...as }
  const { status } = await world.request('POST', '/auth/token', {
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...world.headers(caller) },
    raw: new URLSearchParams(form).toString(),
  })
  return status
}

const isRefused = (expected: string): boolean => Number(expected) >= 400

for (const row of rows) {
  test.serial(`${row.title}: every caller gets what the table says`, async (t) => {
    const [, path = ''] = row.words
    const targets = new Map<CallerName, string>()
    for (const caller of CALLERS) targets.set(caller, await makeTarget(world, caller, path))
    const before = await fingerprint(world)
    const seen = new Map<CallerName, string>()
    const askAll = async (refused: boolean): Promise<void> => {
      for (const { caller, expected } of row.cells) {
        if (isRefused(expected) !== refused) continue
        seen.set(caller, await askCell(row, caller, targets.get(caller) ?? path))
      }
    }
    await askAll(true)
    const after = await fingerprint(world)
    await askAll(false)
    t.is(
      writeCells(CALLERS.map((caller) => [caller, seen.get(caller) ?? ''])),
      writeCells(row.cells.map(({ caller, expected }) => [caller, expected])),
    )
    t.is(after, before, 'who is refused changes nothing')
  })
}

test.serial('every route is in the table, and every row of it is a route', (t) => {
  const named = new Set(rows.map(({ words: [method, path] }) => routeOf(method, path)))
  const missing = world.routes
    .filter((route) => !named.has(route))
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
  t.deepEqual(missing, [])
  t.false(named.has(undefined))
  t.is(new Set(rows.map(({ title }) => title)).size, rows.length)
})

test.serial('every write has its body in the list, and no body is left over', (t) => {
  const used = rows.map(({ words: [method, path, label] }) => {
    const route = routeOf(method, path)
    const pattern = route?.path.replace(/^\/api\/v1/, '')
    return `${route?.method} ${pattern}${label === undefined ? '' : ` ${label}`}`
  })
  const writes = used.filter((key) => /^(?:post|put|patch) /.test(key) && !/ \/auth/.test(key))
  t.deepEqual([...new Set(writes)].sort(), Object.keys(BODIES).sort())
})

test.serial('a method that has no row is 405, whoever asks', async (t) => {
  const wrong: string[] = []
  const paths = [...new Set(rows.map(({ words: [, path = ''] }) => path))]
  const missing = paths.flatMap((path) =>
    ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
      .filter((method) => routeOf(method, path) === undefined)
      .map((method) => [method, path] as const),
  )
  for (const [method, path] of missing) {
    for (const caller of ['anon', 'adm', 'sys'] as const) {
      const { status } = await world.ask(caller, method, path)
      if (status !== 405) wrong.push(`${caller} ${method} ${path}: ${status}`)
    }
  }
  t.true(missing.length > 100)
  t.deepEqual(wrong, [])
})

test.serial('HEAD is answered as GET, without a body', async (t) => {
  const wrong: string[] = []
  const reads = rows.filter(({ title }) => /^GET (?!\/audit\/export|.*~)/.test(title))
  for (const { words, cells } of reads) {
    for (const { caller, expected } of cells) {
      const { status, body } = await world.ask(caller, 'HEAD', words[1] ?? '')
      if (String(status) !== expected || body !== '') wrong.push(`${caller} ${words[1]}: ${status}`)
    }
  }
  t.true(reads.length > 40)
  t.deepEqual(wrong, [])
})

async function grantOf(caller: CallerName, name: string, action: string): Promise<string> {
  const scope = name === 'catalog' ? 'registry:catalog:*' : `repository:${name}:${action}`
  const path = `/auth/token?service=registry-warden&scope=${scope}`
  const { status, body } = await world.ask(caller, 'GET', path)
  if (status !== 200) return String(status)
  const claims = Buffer.from(body.token.split('.')[1], 'base64url').toString()
  const access: readonly { readonly name: string; readonly actions: readonly string[] }[] =
    JSON.parse(claims).access
  const holds = access.some((entry) => entry.name === name && entry.actions.includes(action))
  return holds ? '+' : '-'
}

async function listed(caller: CallerName, path: string, name: string): Promise<string> {
  const asked = path.replace('IMAGE', image)
  const whole = `${asked}${asked.includes('?') ? '&' : '?'}limit=1000`
  const { status, body } = await world.ask(caller, 'GET', whole)
  if (status !== 200) return String(status)
  const isIt = (item: Partial<Record<string, string>>): boolean =>
    (item.name ?? item.repository ?? item.project) === name
  return body.items.some(isIt) ? '+' : '-'
}

const compare = async (
  row: Row<CallerName>,
  find: (caller: CallerName, first: string, second: string) => Promise<string>,
): Promise<readonly [string, string]> => {
  const [first = '', second = ''] = row.words
  const found: [string, string][] = []
  for (const { caller } of row.cells) found.push([caller, await find(caller, first, second)])
  return [
    writeCells(found),
    writeCells(row.cells.map(({ caller, expected }) => [caller, expected])),
  ]
}

for (const row of readTable(GRANTS, CALLERS)) {
  test.serial(`a token for ${row.title} holds what the table says`, async (t) => {
    t.is(...(await compare(row, grantOf)))
  })
}

for (const row of readTable(LISTS, CALLERS)) {
  test.serial(`the list ${row.title} is in or not as the table says`, async (t) => {
    t.is(...(await compare(row, listed)))
  })
}
