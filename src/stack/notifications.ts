/** Where a registry sends what happens at it, and the secret that it shows there. */
export interface NotificationsTarget {
  /** host:port of the private listener. */
  readonly address: string
  readonly secret: string
}

/** The whole list of endpoints as one variable: the registry knows no other for its headers. */
export const notificationOverrides = ({
  address,
  secret,
}: NotificationsTarget): Readonly<Record<string, string>> => ({
  REGISTRY_NOTIFICATIONS_ENDPOINTS: JSON.stringify([
    {
      name: 'registry-warden',
      url: `http://${address}/notifications`,
      headers: { Authorization: [`Bearer ${secret}`] },
      timeout: '5s',
      threshold: 5,
      backoff: '2s',
    },
  ]),
})
