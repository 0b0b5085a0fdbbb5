import { render } from 'preact';
import { Page } from './page';
import { Store } from './store';

const store = new Store();
render(<Page store={store} />, document.body);
store.begin();
