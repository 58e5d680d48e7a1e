// The server of livekit-server's tests: one that already runs, in the place of one in their own process.

package test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"github.com/livekit/protocol/livekit"
)

var (
	testApiKey        = os.Getenv("LIVEKIT_API_KEY")
	testApiSecret     = os.Getenv("LIVEKIT_API_SECRET")
	defaultServerPort = portUnderTest()
	// Both nodes of the tests are the same server.
	secondServerPort = defaultServerPort
)

type serverUnderTest struct{}

func (serverUnderTest) HTTPPort() int { return defaultServerPort }

func setupSingleNodeTest(string) (serverUnderTest, func()) {
	roomClient = livekit.NewRoomServiceJSONClient(fmt.Sprintf("http://localhost:%d", defaultServerPort), http.DefaultClient)
	return serverUnderTest{}, func() {}
}

func setupMultiNodeTest(name string) (serverUnderTest, serverUnderTest, func()) {
	server, finish := setupSingleNodeTest(name)
	return server, server, finish
}

func portUnderTest() int {
	address, err := url.Parse(os.Getenv("LIVEKIT_URL"))
	if err != nil {
		panic(err)
	}
	port, err := strconv.Atoi(address.Port())
	if err != nil {
		panic(err)
	}
	return port
}
